"""Collects cases and runs them: one line per case, a count at the end."""

import itertools
import os
import traceback
from dataclasses import dataclass

CASES = []


@dataclass
class Context:
    """What a case works with."""

    settings: object
    sdk: object
    application: object
    bucket: str
    numbers: object = None

    def key(self, suffix="") -> str:
        """An object key no other case uses."""
        return f"case-{next(self.numbers)}{suffix}"

    def bucket_name(self, purpose) -> str:
        """A bucket name of this SDK's own."""
        return bucket_name(self.settings, self.sdk, purpose)

    def url(self, bucket, path="") -> str:
        """The path-style URL of a bucket or of an already encoded key."""
        return f"{self.settings.endpoint}/{bucket}/{path}"


def bucket_name(settings, sdk, purpose) -> str:
    """Prefix, SDK, signature version, purpose."""
    short = {"oss2": "p1", "alibabacloud-oss-v2": "p2"}[sdk.package]
    return f"{settings.bucket_prefix}-{short}{sdk.version}-{purpose}"


def case(operation, title, only=None):
    """Registers a case. `only` names the package it is for."""

    def register(function):
        CASES.append((operation, title, only, function))
        return function

    return register


class Report:
    """Prints results and counts them."""

    def __init__(self, pattern=""):
        self.passed = 0
        self.failed = 0
        self._pattern = pattern

    def run(self, name, function, always=False) -> None:
        """Runs one case and prints its line."""
        if self._pattern not in name and not always:
            return
        try:
            function()
        except Exception as error:  # every way a case can end is its result
            self.failed += 1
            print(f"FAILED {name}: {_one_line(error)}", flush=True)
            if os.environ.get("OSSICLE_CONFORMANCE_TRACE"):
                traceback.print_exc()
        else:
            self.passed += 1
            print(f"ok {name}", flush=True)

    def finish(self) -> int:
        """Prints the count and returns the exit status."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed or not self.passed else 0


def run_all(report, settings, sdk, application) -> None:
    """Runs every case that fits the SDK, in a bucket made for it."""
    context = Context(settings, sdk, application, bucket_name(settings, sdk, "main"), itertools.count(1))
    make = f"{sdk.name}/PutBucket/the bucket of all other cases"
    report.run(make, lambda: sdk.create_bucket(context.bucket), always=True)
    for operation, title, only, function in CASES:
        if only in (None, sdk.package):
            report.run(f"{sdk.name}/{operation}/{title}", lambda function=function: function(context))
    remove = f"{sdk.name}/DeleteBucket/every bucket of the run"
    report.run(remove, lambda: remove_buckets(context), always=True)


def remove_buckets(context) -> None:
    """Empties and deletes what the cases made; a bucket that will not go is a failure."""
    sdk = context.sdk
    for name in sdk.list_buckets(context.bucket_name(""), max_keys=1000).keys:
        for key, upload in sdk.list_uploads(name).keys:
            sdk.abort(name, key, upload)
        while keys := sdk.list_v2(name, max_keys=1000).keys:
            sdk.delete_many(name, keys)
        sdk.delete_bucket(name)
    left = sdk.list_buckets(context.bucket_name("")).keys
    if left:
        raise AssertionError(f"buckets left: {left}")


def _one_line(error) -> str:
    text = str(error) or type(error).__name__
    prefix = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
    return (prefix + " ".join(text.split()))[:1500]
