"""Checks the example application servers: `check [--offline] [LANGUAGE]...`.

Prints `ok NAME` or `FAILED NAME: why` for each case, and `N passed, N failed` as its last line.
"""

import contextlib
import pathlib
import sys
import tempfile
import traceback

import forged_cases
import identities
import permission_cases  # registers its cases
import session_cases  # registers its cases
import signing
import store
import store_cases  # registers its cases
import sts_cases  # registers its cases
from application import Application
from cases import CASES, SECRET, World
from key_server import KeyServer
from sts_server import ROLE, StsServer

LANGUAGES = ("python", "nodejs", "go", "java", "rust")
FORM_VARIABLES = ("OSS_UPLOAD_URL", "OSS_BUCKET", "OSS_REGION", "OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET")
WITH_FORM = {**dict.fromkeys(FORM_VARIABLES, "x"), "OSS_UPLOAD_URL": "http://oss.example/x"}
WITH_ROLE = {**WITH_FORM, "CALLBACK_SECRET": SECRET, "STS_ROLE_ARN": ROLE}
OSS_KEY_URLS = (
    "http://gosspublic.alicdn.com/callback_pub_key_v1.pem",
    "https://gosspublic.alicdn.com/callback_pub_key_v1.pem",
)


class Tally:
    """How many cases passed and failed."""

    def __init__(self):
        self.passed = self.failed = 0

    def run(self, name, function, *arguments):
        """Runs one case and says how it went."""
        try:
            function(*arguments)
        except Exception as error:  # whatever a case trips over is its failure
            self.failed += 1
            reason = " ".join(str(error).split()) or type(error).__name__
            print(f"FAILED {name}: {reason}", flush=True)
            if not isinstance(error, AssertionError):
                traceback.print_exc()
        else:
            self.passed += 1
            print(f"ok {name}", flush=True)


def main(arguments):
    """Runs the cases of the languages that are named, or of all."""
    offline = "--offline" in arguments
    languages = [argument for argument in arguments if argument != "--offline"] or list(LANGUAGES)
    unknown = [language for language in languages if language not in LANGUAGES]
    if unknown:
        sys.exit(f"no such example: {', '.join(unknown)}; there are {', '.join(LANGUAGES)}")
    target = None if offline else store.from_environment()
    genuine, forger = signing.generate(), signing.generate()
    keys = KeyServer(genuine.public_pem(), forger.public_pem())
    tally = Tally()
    with contextlib.ExitStack() as stack:
        if target:
            created = target.create_bucket()
            if created.status != 200:
                sys.exit(f"the bucket {target.bucket} cannot be created: {created.status} {created.body}")
            stack.callback(_delete_bucket, target)
        uploader = stack.enter_context(identities.uploader(target)) if target else {}
        for language in languages:
            tally.run(f"{language}/starts, and stops when it is told to", _check_language,
                      tally, language, keys, genuine, forger, target, uploader)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


def _check_language(tally, language, keys, genuine, forger, target, uploader):
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        folder = pathlib.Path(folder)
        prefixes = f"{keys.prefix} {target.key_prefixes if target else ''}"
        form = _form_variables(target) if target else {}
        uploader = {**form, **uploader, "STS_SECONDS": "900"}
        place = target or store.NOWHERE
        sts_server = StsServer(place.access_key_id, place.access_key_secret)
        role = {"STS_ENDPOINT": sts_server.endpoint, "STS_ROLE_ARN": ROLE, "STS_SECONDS": "900"}

        def start(**variables):
            return stack.enter_context(Application(language, folder, TRUSTED_KEY_URLS=prefixes, **variables))

        pem = folder / "oss.pem"
        pem.write_text(forged_cases.CAPTURED["public_key"], encoding="ascii")
        world = World(
            language=language,
            application=start(**form),
            guarded=start(CALLBACK_SECRET=SECRET, **form),
            brief=start(PERMISSION_SECONDS="1", **form) if target else None,
            pinned=start(
                CALLBACK_PATH="/", PINNED_KEYS=" ".join(f"{url}={pem}" for url in OSS_KEY_URLS)
            ),
            keys=keys,
            genuine=genuine,
            forger=forger,
            store=target,
            sts=start(CALLBACK_SECRET=SECRET, **_form_variables(place), **role),
            sts_server=sts_server,
            session=start(CALLBACK_SECRET=SECRET, **uploader) if target else None,
            place=place,
        )
        for name, needs_store, function in CASES:
            if target or not needs_store:
                tally.run(f"{language}/{name}", function, world)
        tally.run(f"{language}/settings that would open it do not let it start", _check_bad_settings, language, folder)
        if tally.failed:
            print(f"-- the end of the server's log\n{world.application.log_tail()}", file=sys.stderr)


def _check_bad_settings(language, folder):
    bad = (
        {"TRUSTED_KEY_URLS": "http://oss.example"},
        {"TRUSTED_KEY_URLS": "oss.example/"},
        {"TRUSTED_KEY_URLS": "http:///"},
        {"PINNED_KEYS": "http://oss.example/key.pem=/nonexistent/key.pem"},
        {"OSS_BUCKET": "half-a-form"},
        {**WITH_FORM, "PERMISSION_SECONDS": "0"},
        {**WITH_FORM, "PERMISSION_SECONDS": "5 minutes"},
        {**WITH_FORM, "OSS_UPLOAD_URL": "oss.example/x"},
        {**WITH_FORM, "STS_ROLE_ARN": ROLE},
        {"CALLBACK_SECRET": SECRET, "STS_ROLE_ARN": ROLE},
        {**WITH_ROLE, "STS_ENDPOINT": "sts.example.com"},
        {**WITH_ROLE, "STS_SECONDS": "899"},
        {"LISTEN": "nowhere"},
    )
    for variables in bad:
        try:
            with Application(language, folder, **variables):
                pass
        except AssertionError as error:
            assert "did not start" in str(error), error
        else:
            raise AssertionError(f"it started with {variables}")


def _form_variables(target) -> dict:
    url = f"{target.endpoint}/{target.bucket}"
    values = (url, target.bucket, target.region, target.access_key_id, target.access_key_secret)
    return dict(zip(FORM_VARIABLES, values))


def _delete_bucket(target):
    for key in target.keys():
        target.delete(key)
    target.delete()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
