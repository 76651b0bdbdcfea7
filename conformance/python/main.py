"""Runs the official Python SDKs against a running server. See conformance/README.md."""

import sys
import warnings

import settings as environment
import wire
from application import ApplicationServer
from sdk_oss2 import Oss2
from sdk_v2 import OssV2
from suite import Report, run_all

import cases  # noqa: F401  (registers them)

VARIANTS = ((Oss2, "v1"), (Oss2, "v2"), (Oss2, "v4"), (OssV2, "v1"), (OssV2, "v4"))


def main() -> int:
    """One argument is allowed: run only cases whose name contains it."""
    warnings.simplefilter("ignore", DeprecationWarning)
    settings = environment.from_environment()
    wire.resolve_names_to_loopback()
    application = ApplicationServer(settings)
    report = Report(sys.argv[1] if len(sys.argv) > 1 else "")
    report.run("application/verification/requests captured from OSS", cases.captured.check_captured)
    cases.temporary.run(report, settings)
    for kind, version in VARIANTS:
        run_all(report, settings, kind(settings, version), application)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
