"""The official clients of the Security Token Service, of both generations, behind one shape."""

import json
import secrets
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from alibabacloud_sts20150401 import models
from alibabacloud_sts20150401.client import Client
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.models import Config
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.auth.credentials import AccessKeyCredential, StsTokenCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdksts.request.v20150401.AssumeRoleRequest import AssumeRoleRequest
from aliyunsdksts.request.v20150401.GetCallerIdentityRequest import GetCallerIdentityRequest

import wire

ACCOUNT = "1000000000000001"


class StsError(Exception):
    """What STS refused, as the client reports it."""

    def __init__(self, status, code, message):
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


class CoreSts:
    """`aliyun-python-sdk-sts`: signature version 1, everything in the query."""

    name = "aliyun-python-sdk-sts"

    def __init__(self, settings, key_id, secret, token=None):
        key = StsTokenCredential(key_id, secret, token) if token else AccessKeyCredential(key_id, secret)
        self.settings = settings
        self.client = AcsClient(region_id=settings.region, credential=key, auto_retry=False)

    def _send(self, request):
        request.set_endpoint(urlsplit(self.settings.sts).netloc)
        request.set_protocol_type("http")
        try:
            return json.loads(self.client.do_action_with_exception(request))
        except ServerException as error:
            raise StsError(error.get_http_status(), error.get_error_code(), error.get_error_msg()) from error

    def caller_identity(self):
        """GetCallerIdentity."""
        return self._send(GetCallerIdentityRequest())

    def assume_role(self, arn, session, policy=None, seconds=None, external_id=None):
        """AssumeRole."""
        request = AssumeRoleRequest()
        request.set_RoleArn(arn)
        request.set_RoleSessionName(session)
        if policy is not None:
            request.set_Policy(policy)
        if seconds is not None:
            request.set_DurationSeconds(seconds)
        if external_id is not None:
            request.set_ExternalId(external_id)
        return self._send(request)


class TeaSts:
    """`alibabacloud-sts20150401`: ACS3-HMAC-SHA256."""

    name = "alibabacloud-sts20150401"

    def __init__(self, settings, key_id, secret, token=None):
        config = Config(
            access_key_id=key_id,
            access_key_secret=secret,
            security_token=token,
            endpoint=urlsplit(settings.sts).netloc,
            protocol="http",
        )
        self.client = Client(config)

    @staticmethod
    def _send(call):
        try:
            return call().body.to_map()
        except AlibabaCloudException as error:
            raise StsError(error.status_code, error.code, error.data.get("Message")) from error

    def caller_identity(self):
        """GetCallerIdentity."""
        return self._send(self.client.get_caller_identity)

    def assume_role(self, arn, session, policy=None, seconds=None, external_id=None):
        """AssumeRole."""
        request = models.AssumeRoleRequest(
            role_arn=arn,
            role_session_name=session,
            policy=policy,
            duration_seconds=seconds,
            external_id=external_id,
        )
        return self._send(lambda: self.client.assume_role(request))


CLIENTS = (CoreSts, TeaSts)


@dataclass(frozen=True)
class People:
    """Users and roles of this run: `app` may assume `writer`, `guest` may assume nothing."""

    app: tuple
    guest: tuple
    writer: str
    other: str


def allow(**elements) -> dict:
    """A policy with one statement."""
    return {"Version": "1", "Statement": [{"Effect": "Allow", **elements}]}


@lru_cache(maxsize=1)
def people(settings) -> People:
    """Makes them over the console's API, once."""
    mark = secrets.token_hex(3)
    app, guest, writer, other = (f"{name}-{mark}" for name in ("app", "guest", "writer", "other"))
    for user in (app, guest):
        administer(settings, "POST", "users", {"name": user})
    trust = allow(Action="sts:AssumeRole", Principal={"RAM": [f"acs:ram::{ACCOUNT}:user/{app}"]})
    chained = allow(Action="sts:AssumeRole", Principal={"RAM": [f"acs:ram::{ACCOUNT}:role/{writer}"]})
    administer(settings, "POST", "roles", {"name": writer, "trust_policy": trust, "max_session_s": 7200})
    administer(settings, "POST", "roles", {"name": other, "trust_policy": chained})
    assume = allow(Action="sts:AssumeRole", Resource="*")
    objects = allow(
        Action=["oss:GetObject", "oss:PutObject", "oss:ListObjects", "oss:ListParts", "oss:AbortMultipartUpload"],
        Resource=f"acs:oss:*:*:{settings.bucket_prefix}-*",
    )
    administer(settings, "PUT", f"users/{app}/policies/assume", {"document": assume})
    administer(settings, "PUT", f"roles/{writer}/policies/assume", {"document": assume})
    administer(settings, "PUT", f"roles/{writer}/policies/objects", {"document": objects})
    keys = [administer(settings, "POST", f"keys?user={user}") for user in (app, guest)]
    arns = [f"acs:ram::{ACCOUNT}:role/{role}" for role in (writer, other)]
    return People(*((key["id"], key["secret"]) for key in keys), *arns)


def administer(settings, method, path, document=None) -> dict:
    """Asks the console's API, as an administrator's script does."""
    basic = b64encode(f"{settings.access_key_id}:{settings.access_key_secret}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/json"}
    body = b"" if document is None else json.dumps(document).encode()
    answer = wire.exchange(method, f"{settings.console}/api/access/{path}", headers, body)
    if answer.status != 200:
        raise AssertionError(f"{method} {path}: {answer.status} {answer.body}")
    return json.loads(answer.body)
