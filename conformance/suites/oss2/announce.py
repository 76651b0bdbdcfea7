"""A pytest plugin that announces each test as it starts and as it ends, for `cargo xtask suites`.

The lines go to the standard output that the program was started with, past pytest's capturing. And since some tests draw
lots (which kind of bucket, how many bytes), each gets the same ones in every run.
"""

import os
import random

MARK = "@ossicle"
output = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8", errors="backslashreplace")
ends = {}


def say(*words):
    print(MARK, *words, file=output)


def pytest_collection_modifyitems(config, items):
    if config.option.collectonly:
        for item in items:
            say("listed", item.nodeid)


def pytest_runtest_logstart(nodeid, location):
    ends[nodeid] = "passed"
    random.seed(nodeid)
    say("started", nodeid)


def pytest_runtest_logreport(report):
    if report.failed:
        ends[report.nodeid] = "failed"
        for line in report.longreprtext.splitlines()[-12:]:
            print(line, file=output)
    elif report.skipped and ends[report.nodeid] == "passed":
        ends[report.nodeid] = "skipped"


def pytest_runtest_logfinish(nodeid, location):
    say(ends.pop(nodeid), nodeid)
