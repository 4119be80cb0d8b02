"""The kernel in which lessons run: always the course's own Python.

Jupyter looks for a kernel named python3 in many folders, and may find the one of another Python, without the libraries.
"""

from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from traitlets import default


class OwnPython(KernelSpecManager):
    """All kernels of this user, of which python3 is the Python that asks."""

    def find_kernel_specs(self) -> dict[str, str]:
        """{name of a kernel: its folder}."""
        return {**super().find_kernel_specs(), NATIVE_KERNEL_NAME: RESOURCES}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """How a kernel is started.  Raises NoSuchKernel where there is none of that name."""
        if kernel_name != NATIVE_KERNEL_NAME:
            return super().get_kernel_spec(kernel_name)
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict())


class OwnKernel(AsyncKernelManager):
    """One running kernel, chosen among these."""

    @default("kernel_spec_manager")
    def _own_python(self) -> OwnPython:
        return OwnPython()
