"""Pure knowledge of the targets: command lines out, verdicts in; no input or output of its own."""
