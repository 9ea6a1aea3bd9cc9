"""The zoo is handed to the grader as files; pytest must neither import nor run any of it."""

collect_ignore_glob = ["code/*", "packages/*", "sources/*"]
