"""One colour per role, the same in every notebook, widget, slide and page; colour-blind readers tell them apart too."""

DATA = "#0F6CBD"  # blue: real pictures, signal
NOISE = "#8A8D94"  # grey: noise
MODEL = "#D9480F"  # orange: what a network does or says
TEXT = "#0B8A6A"  # green: labels, prompts
GUIDANCE = "#651F8F"  # violet: guidance
INK = "#2B2D33"  # text and axes
