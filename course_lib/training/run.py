"""Run: what every recipe needs around its loop: optimizer, averaged weights, progress bar, log, checkpoints.

A checkpoint is one safetensors file that is written whole or not at all, and every step draws its randomness from
(seed, step) alone.  So a run that is killed and resumed ends with the same weights as one that was left in peace.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from tqdm import tqdm

from course_lib.diffusion.ddpm import start_ema, update_ema
from course_lib.lessons.days import HOME
from course_lib.models import checked_device
from course_lib.training.checked_file import read_checked, write_checked
from course_lib.training.log import append_to_log, resume_log
from course_lib.training.muon import Muon, split_parameters
from course_lib.zoo import ZOO_VERSION
from course_lib.zoo.cache import sweep, write_whole, writing_to

RUNS = HOME / "runs" / "train"
FACTS = ("name", "step", "seconds", "first")  # in a checkpoint, beside the tensors
REMEDY = "free some space there, or copy the course to a folder you can write to, then go on with --resume"


class Run:
    """One training run of `model`, in the folder runs/train/<name>: log.csv, sheet-*.png, checkpoint.safetensors.

    steps: optimizer steps in all.  lr, adam_lr: the highest learning rates of Muon and of AdamW (see muon.py); they rise
    over `warmup` steps, stay, and fall to zero over the last fifth, so that a run can be made longer later.
    outer: beginnings of the names of the first and last layers, which keep AdamW.  parts: names of submodules that get
    groups of their own, in this order, and `outer` inside them; together they are the model.  ema_decay: of the averaged weights,
    self.ema.
    device: "cpu", "cuda", "mps", or "" for the best there is; several GPUs with `accelerate launch`.
    Raises ValueError for a device that this machine lacks, where `resume` finds a damaged checkpoint or another recipe's,
    and where the folder holds a checkpoint that was not asked to be resumed: hours of work are not written over.
    Raises OSError, in one sentence, where the folder can't be written; then and at every save.
    """

    def __init__(
        self, name: str, model: nn.Module, *, steps: int, lr: float, adam_lr: float = 1e-3, outer: tuple[str, ...] = (),
        seed: int = 0, resume: bool = False, device: str = "", ema_decay: float = 0.999, warmup: int = 100,
        weight_decay: float = 0.01, parts: tuple[str, ...] = (), folder: Path | None = None, save_seconds: float = 120.0,
    ):  # fmt: skip
        self.name, self.steps, self.seed, self.warmup = name, steps, seed, warmup
        self.ema_decay, self.save_seconds = ema_decay, save_seconds
        self.folder = folder or RUNS / name
        device = checked_device(device) if device else ""
        if self.checkpoint.exists() and not resume:
            raise ValueError(
                f"{self.folder} holds an earlier run: go on with --resume, or move that folder away."
            )
        with writing_to(self.checkpoint, REMEDY):
            self.folder.mkdir(parents=True, exist_ok=True)
        # None: as ACCELERATE_MIXED_PRECISION says; "bf16" saves a third on a CPU with avx512_bf16, and costs time elsewhere.
        mixed = "bf16" if torch.cuda.is_available() and device in ("", "cuda") else None
        self.accelerator = Accelerator(cpu=device == "cpu", mixed_precision=mixed)
        model = model.to(self.accelerator.device)
        self.ema = start_ema(model)
        groups = [
            group
            for part in parts or ("",)
            for group in split_parameters(
                model.get_submodule(part), lr=lr, adam_lr=adam_lr, weight_decay=weight_decay, outer=outer
            )
        ]
        self.highest = [group["lr"] for group in groups]
        optimizer = Muon(groups)
        self.model, self.optimizer = self.accelerator.prepare(model, optimizer)
        self.step = self.first = 0  # `first`: the step at which the optimizer began
        self.seconds = 0.0  # of training so far, over all sessions
        if self.checkpoint.exists():
            self._restore()
        if self.accelerator.is_main_process:
            sweep(self.checkpoint)
            resume_log(self.log, self.step, REMEDY)

    @property
    def checkpoint(self) -> Path:
        """The file that --resume goes on from."""
        return self.folder / "checkpoint.safetensors"

    @property
    def log(self) -> Path:
        """The file with the figures of every tenth step."""
        return self.folder / "log.csv"

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self.accelerator.device

    @property
    def raw_model(self) -> nn.Module:
        """The model without accelerate's wrapping."""
        return self.accelerator.unwrap_model(self.model)

    def each_step(self) -> Iterator[int]:
        """Yields the number of every step still to do; saves on the way and at the end.

        Nothing is saved after Ctrl+C, which may fall into the middle of a step: it costs `save_seconds` of work at most.
        """
        began = saved = time.monotonic()
        before = self.seconds
        first = self.accelerator.is_main_process
        bar = tqdm(initial=self.step, total=self.steps, desc=self.name, mininterval=2, disable=not first)
        try:
            while self.step < self.steps:
                # One stream per step and process: nothing about chance has to be stored.
                torch.manual_seed((self.seed * 1_000_003 + self.step) * 64 + self.accelerator.process_index)
                self._set_rate()
                yield self.step
                self.step += 1
                bar.update()
                self.seconds = before + time.monotonic() - began
                if time.monotonic() - saved > self.save_seconds:
                    self.save()
                    saved = time.monotonic()
            self.save()
        finally:
            bar.close()

    def update(self, loss: Tensor, **log: float) -> None:
        """One optimizer step down `loss` (a scalar), then one of the moving average; `log` goes to log.csv."""
        self.accelerator.backward(loss)
        norm = self.accelerator.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        update_ema(self.ema, self.raw_model, min(self.ema_decay, (1 + self.step) / (10 + self.step)))
        for mine, theirs in zip(self.ema.buffers(), self.raw_model.buffers(), strict=True):
            mine.copy_(theirs)
        if self.accelerator.is_main_process and (self.step % 10 == 0 or self.step + 1 == self.steps):
            figures = {"step": self.step, "seconds": f"{self.seconds:.0f}", "loss": f"{loss.item():.5f}"}
            figures |= {"gradient": f"{float(norm):.3f}"} | {k: f"{v:.5f}" for k, v in log.items()}
            append_to_log(self.log, figures, REMEDY)

    def batch(self, n: int, size: int) -> Tensor:
        """`size` random row numbers out of `n`; with several processes, this one's share."""
        share = size // self.accelerator.num_processes
        return torch.randint(n, (share,))

    def sheet(self, every: int, draw: Callable[[], "object"]) -> None:
        """Every so many steps, save the picture (PIL) that `draw` makes from the averaged weights."""
        if self.accelerator.is_main_process and self.step and self.step % every == 0:
            with torch.random.fork_rng(), torch.no_grad():
                picture = draw()
            sheet = self.folder / f"sheet-{self.step:06}.png"
            write_whole(sheet, lambda file: picture.save(file, "PNG"), REMEDY)

    def save(self) -> None:
        """Write the checkpoint under a passing name, then rename it."""
        if not self.accelerator.is_main_process:
            return
        tensors = {f"model.{k}": v for k, v in self.raw_model.state_dict().items()}
        tensors |= {f"ema.{k}": v for k, v in self.ema.state_dict().items()}
        for i, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{i}.{k}": torch.as_tensor(v) for k, v in state.items()}
        tensors = {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}
        facts = {
            "name": self.name,
            "step": str(self.step),
            "seconds": str(self.seconds),
            "first": str(self.first),
        }
        write_checked(self.checkpoint, tensors, facts, REMEDY)

    def _restore(self) -> None:
        try:
            # A checkpoint of before the checksum holds these facts and no other.
            tensors, facts = read_checked(self.checkpoint, lambda facts: facts.keys() == {*FACTS})
            name = facts["name"]
            if name == self.name:
                self._fill(tensors)
                self.step, self.seconds = int(facts["step"]), float(facts["seconds"])
                self.first = int(facts["first"])
        except (ValueError, KeyError, RuntimeError) as error:
            reason = "it belongs to another network" if isinstance(error, RuntimeError) else error
            raise ValueError(
                f"{self.checkpoint} cannot be resumed ({reason}): bring back a whole copy of it, or move the file away and "
                "train anew."
            ) from None
        if name != self.name:
            raise ValueError(f"{self.checkpoint} belongs to the recipe {name!r}, not {self.name!r}.")

    def _fill(self, tensors: dict[str, Tensor]) -> None:
        part = lambda head: {k[len(head) :]: v for k, v in tensors.items() if k.startswith(head)}
        self.raw_model.load_state_dict(part("model."))
        self.ema.load_state_dict(part("ema."))
        state: dict = {}
        for key, value in part("optimizer.").items():
            i, name = key.split(".")
            state.setdefault(int(i), {})[name] = value
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": state})

    def adopt(self, weights: dict[str, Tensor], shipped: dict) -> None:
        """Go on from shipped weights where no checkpoint is left; the optimizer begins anew, and so does its warm-up.

        weights: a state dict of the model.  shipped: what the manifest tells about them, with "steps" and "minutes".
        """
        self.raw_model.load_state_dict(weights)
        self.ema.load_state_dict(weights)
        self.step = self.first = shipped["steps"]
        self.seconds = 60.0 * shipped["minutes"]

    def _set_rate(self) -> None:
        rise = min(1.0, (self.step - self.first + 1) / self.warmup)
        fall = min(1.0, (self.steps - self.step) / (0.2 * self.steps))
        for group, highest in zip(self.optimizer.param_groups, self.highest, strict=True):
            group["lr"] = highest * rise * fall

    def facts(self) -> dict:
        """What the manifest tells about this run."""
        if self.device.type == "cuda":
            hardware = torch.cuda.get_device_name()
        elif self.device.type == "mps":
            hardware = "an Apple GPU"
        else:
            hardware = f"a CPU, cores: {torch.get_num_threads() * self.accelerator.num_processes}"
        return {
            "command": f"course train {self.name} --steps {self.step} --ship",
            "seed": self.seed, "steps": self.step, "minutes": round(self.seconds / 60), "hardware": hardware,
            "zoo_version": ZOO_VERSION,
        }  # fmt: skip
