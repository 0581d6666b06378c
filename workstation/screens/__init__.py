"""The screens, one a file: compose, what each action does, wiring. `frame` is what they have in common."""
