"""Folders of pictures, and what a classifier learns from them."""
