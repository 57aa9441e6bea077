"""A city to try: central and three schools, each a process of its own, one behind a poor line and one switched off.

For trials and training. It starts the product's own programs and types what a person would type; it knows nothing of
them.
"""
