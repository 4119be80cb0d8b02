"""Where pictures come from and where they are kept: real digits, pixel ranges, a student's own gallery."""
