"""Commands of the shell: run, admin, desk."""
