"""The measurements of docs/science.md: one file per section, each with `measure()`, which returns Markdown."""
