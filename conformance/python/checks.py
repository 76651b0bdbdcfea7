"""Assertions that say what was expected and what came."""

import re

from sdk import SdkError


def equal(actual, expected, what="value"):
    """Fails unless both are equal."""
    if actual != expected:
        raise AssertionError(f"{what}: expected {_short(expected)}, got {_short(actual)}")


def true(condition, what):
    """Fails with `what` unless the condition holds."""
    if not condition:
        raise AssertionError(what)


def contains(container, item, what="value"):
    """Fails unless `item` is in `container`."""
    if item not in container:
        raise AssertionError(f"{what}: {_short(item)} is not in {_short(container)}")


def matches(actual, pattern, what="value"):
    """Fails unless the whole text matches the pattern."""
    if actual is None or not re.fullmatch(pattern, actual):
        raise AssertionError(f"{what}: {_short(actual)} does not match {pattern}")


def request_id(value, what="request id"):
    """OSS request ids are 24 upper-case hex digits; some SDK suites check it."""
    matches(value, r"[0-9A-F]{24}", what)


def raises(kind, function, *arguments, **keywords):
    """Calls the function, fails unless it raises `kind`, returns the exception."""
    try:
        outcome = function(*arguments, **keywords)
    except kind as error:
        return error
    raise AssertionError(f"expected {kind.__name__}, the call returned {_short(outcome)}")


def fails(function, status, code, ec=None, message=None):
    """Fails unless the call ends in the OSS error described; returns the error."""
    error = raises(SdkError, function)
    equal((error.status, error.code), (status, code), f"error {error}")
    if ec is not None:
        equal(error.ec, ec, "EC")
    if message is not None:
        equal(error.message, message, "Message")
    return error


def _short(value, limit=600):
    text = repr(value)
    return text if len(text) <= limit else text[:limit] + f"… ({len(text)} characters)"
