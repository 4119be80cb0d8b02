"""Recipes that made the files in course_lib/weights; anyone can run them again."""
