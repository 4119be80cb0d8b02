"""How words reach a picture: CLIP, attention, and the pipeline that a prompt goes through."""
