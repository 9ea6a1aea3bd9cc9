"""The longest task of a page's main thread, in the thread's own processor time, from a trace of Chromium.

A frame can be late by the length of the task that is in its way. On a busy machine the clock also counts the time in
which other programs had the processor; the trace has for each task how long its thread ran.
"""

LONG_TASKS = """
    () => {
        window.long = [];
        new PerformanceObserver((list) => long.push(...list.getEntries().map((each) => each.duration)))
            .observe({ type: "longtask" });
        window.gaps = [];
        let before = performance.now();
        const frame = (now) => (gaps.push(now - before), (before = now), requestAnimationFrame(frame));
        requestAnimationFrame(frame);
    }
"""
"""Long tasks and gaps between frames as the page itself sees them: by the clock."""


def longest_task(page, action):
    """Trace the page while `action()` goes on.

    Parameters
    ----------
    page : playwright.sync_api.Page
    action : callable

    Returns
    -------
    milliseconds : float
        Processor time of the longest task of the main threads.
    n_tasks : int
        How many tasks there were.
    """
    session, events, ended = page.context.new_cdp_session(page), [], []
    session.on("Tracing.dataCollected", lambda message: events.extend(message["value"]))
    session.on("Tracing.tracingComplete", lambda message: ended.append(message))
    config = {"recordMode": "recordAsMuchAsPossible", "includedCategories": ["toplevel", "__metadata"]}
    session.send("Tracing.start", {"transferMode": "ReportEvents", "traceConfig": config})
    action()
    session.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(20)
    if any(message.get("dataLossOccurred") for message in ended):
        raise RuntimeError("the trace is not whole; wanted a shorter action")
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    # A task of less than a microsecond of processor time has no "tdur"; its time by the clock is no less.
    tasks = [
        event.get("tdur", event["dur"]) / 1000
        for event in events
        if event["ph"] == "X" and event["name"].endswith("RunTask") and (event["pid"], event["tid"]) in mains
    ]
    return max(tasks), len(tasks)
