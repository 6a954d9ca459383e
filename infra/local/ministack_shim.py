"""ministack, the embedded cloud, with what the deployment needs and ministack 1.5.33 lacks.

Runs in ministack's own environment, so it imports nothing of this project:

    python ministack_shim.py        # settings in the environment, see cloud.py

* ImportRestApi and PutRestApi, the calls by which Chalice uploads an API
* paths that keep a percent sign escaped, as those that AWS hands over do
* API keys named by an authorizer (``apiKeySource`` AUTHORIZER, ``usageIdentifierKey``)
* UpdateUsagePlan for the stages of a plan
* a saved state that is whole or not there, and queues whose names do not hold the port
* a clean shutdown when the process that started it is gone
* IAM actions and resources of calls about several things, as AWS names them
* functions that are ready at once and share one unpacked copy of their code
"""

import contextvars
import functools
import hashlib
import inspect
import json
import os
import shutil
import signal
import threading
import time
import types
import zipfile
from email.utils import parseaddr
from pathlib import Path

import ministack.app as application
from ministack.core import iam_actions, iam_evaluator, lambda_runtime, persistence
from ministack.services import apigateway_v1 as gateway
from ministack.services import eventbridge, lambda_svc, sqs

#: Written last into a saved state; a state without it is not used.
MARKER = "complete.json"


# --- the API as Chalice uploads it ---------------------------------------------------------


async def _handle_control(method, path, headers, body, query):
    """The control plane of API Gateway, the missing calls first."""
    parts = [part for part in path.strip("/").split("/") if part]
    if parts[:1] == ["restapis"] and method == "POST" and len(parts) == 1 and "mode" in query:
        api_id = gateway._import_rest_api({"info": json.loads(body)["info"], "paths": {}}, _BASE)
        _upload(api_id, json.loads(body))
        return await _control(  # what GetRestApi says is what ImportRestApi says
            "GET", f"/restapis/{api_id}", headers, b"", {}
        )
    if parts[:1] == ["restapis"] and method == "PUT" and len(parts) == 2:
        if parts[1] in gateway._rest_apis:
            _upload(parts[1], json.loads(body))
        return await _control("GET", f"/restapis/{parts[1]}", headers, b"", {})
    if parts[:1] == ["usageplans"] and method == "PATCH" and len(parts) == 2:
        body = _patch_plan_stages(parts[1], json.loads(body))
    return await _control(method, path, headers, body, query)


#: ministack lists an API without a number here, which boto3 cannot read.
_BASE = {"minimumCompressionSize": 1024}


def _upload(api_id, document):
    """Replace all that the Swagger document describes (mode "overwrite")."""
    api = gateway._rest_apis[api_id]
    api["apiKeySource"] = document.get("x-amazon-apigateway-api-key-source", "HEADER")
    api["binaryMediaTypes"] = document.get("x-amazon-apigateway-binary-media-types", [])
    roots = {key: item for key, item in gateway._resources[api_id].items() if item["path"] == "/"}
    for root in roots.values():
        root["resourceMethods"] = {}
    gateway._resources[api_id] = roots
    gateway._authorizers_v1[api_id] = {}
    gateway._gateway_responses[api_id] = {}
    schemes = gateway._import_security_schemes(api_id, document)
    for path, operations in document["paths"].items():
        gateway._import_path_item(api_id, path, operations, schemes, document.get("security"))
        for method, operation in operations.items():
            _complete_mock(api_id, path, method.upper(), operation)
    responses = document.get("x-amazon-apigateway-gateway-responses", {})
    for kind, response in responses.items():
        gateway._put_gateway_response(api_id, kind, response)


def _complete_mock(api_id, path, method, operation):
    """Give a preflight its headers, which ministack's own import leaves out."""
    integration = operation.get("x-amazon-apigateway-integration", {})
    if integration.get("type") != "mock":
        return
    resource = next(key for key, item in gateway._resources[api_id].items() if item["path"] == path)
    gateway._put_integration(
        api_id,
        resource,
        method,
        {"type": "MOCK", "requestTemplates": integration.get("requestTemplates", {})},
    )
    for answer in integration.get("responses", {}).values():
        status = answer["statusCode"]
        gateway._put_method_response(api_id, resource, method, status, {})
        gateway._put_integration_response(
            api_id,
            resource,
            method,
            status,
            {
                "responseParameters": answer.get("responseParameters", {}),
                "responseTemplates": answer.get("responseTemplates", {}),
            },
        )


def _patch_plan_stages(plan_id, document):
    """Apply the operations on /apiStages and on numbers; the body with the other operations."""
    plan = gateway._usage_plans.get(plan_id)
    left = []
    for operation in document.get("patchOperations", []):
        path, value = operation.get("path", ""), operation.get("value")
        if plan is None or path not in ("/apiStages", *_NUMBERS):
            left.append(operation)
        elif path in _NUMBERS:
            group, name = path.strip("/").split("/")
            plan[group] = dict(plan.get(group) or {}, **{name: _NUMBERS[path](value)})
        else:
            api_id, _, stage = value.partition(":")
            others = [
                entry
                for entry in plan.get("apiStages") or []
                if (entry.get("apiId"), entry.get("stage")) != (api_id, stage)
            ]
            added = [{"apiId": api_id, "stage": stage}] if operation.get("op") == "add" else []
            plan["apiStages"] = others + added
    return json.dumps({"patchOperations": left}).encode()


_NUMBERS = {
    "/throttle/rateLimit": float,
    "/throttle/burstLimit": lambda text: int(float(text)),
    "/quota/limit": lambda text: int(float(text)),
}


# --- keys that the authorizer names -------------------------------------------------------

#: The key that the authorizer of the request at hand named; None where the caller's header
#: decides. A request is one task, and so has a context of its own.
_named_key = contextvars.ContextVar("named_key", default=None)


async def _execute(request, api_id, stage, method, path, *arguments):
    api = gateway._rest_apis.get(api_id) or {}
    _named_key.set("" if api.get("apiKeySource") == "AUTHORIZER" else None)
    # AWS hands a path over as it came, with its escapes; here they are undone already.
    path = path.replace("%", "%25")
    return await _execute_inner(request, api_id, stage, method, path, *arguments)


async def _invoke_authorizer(*arguments):
    result = await _invoke_authorizer_inner(*arguments)
    body = (result or {}).get("body")
    if _named_key.get() is not None and isinstance(body, dict):
        _named_key.set(str(body.get("usageIdentifierKey") or ""))
    return result


def _key_of_request(headers):
    named = _named_key.get()
    return _key_of_request_inner(headers) if named is None else named


# --- permissions -----------------------------------------------------------------------------


def _action(service, *arguments):
    """The IAM action of a call. On AWS, SendMessage covers SendMessageBatch, and so on."""
    action = _action_inner(service, *arguments)
    return action.removesuffix("Batch") if service == "sqs" and action else action


def _resource(service, method, path, headers, body, query, region, account):
    """The ARN that a call is about; also for GetParameters, if all are of one folder, and for
    SendEmail, which is about the address that the mail comes from."""
    if service == "ssm" and headers.get("x-amz-target", "").endswith(".GetParameters"):
        names = json.loads(body).get("Names") or [""]
        if len({name.rpartition("/")[0] for name in names}) == 1:
            return f"arn:aws:ssm:{region}:{account}:parameter/{names[0].lstrip('/')}"
    if service == "ses" and path.endswith("/outbound-emails"):
        sender = parseaddr(json.loads(body).get("FromEmailAddress", ""))[1]
        return f"arn:aws:ses:{region}:{account}:identity/{sender}"
    return _resource_inner(service, method, path, headers, body, query, region, account)


def _condition(key, context):
    """Loopback passes for encrypted: policies that ask for that are meant for networks."""
    secure = key.lower() == "aws:securetransport"
    return "true" if secure else _condition_inner(key, context)


# --- state ---------------------------------------------------------------------------------


def _save_whole(services):
    """Save every service's state beside the old one, then put it in the old one's place."""
    lambda_svc._poll_sqs = lambda: False
    eventbridge._tick_scheduled_rules = lambda: None
    lambda_runtime.reset()  # functions that still run would outlive what they write to
    state = Path(persistence.STATE_DIR)
    new, old = state.with_name("state.new"), state.with_name("state.old")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for name, get_state in services.items():
        content = get_state()
        if content is None:  # not used in this run: keeps what it had
            if (state / f"{name}.json").exists():
                shutil.copy2(state / f"{name}.json", new)
            continue
        wrapped = {
            "__ministack_format__": persistence._state_format_version(name),
            "payload": content,
        }
        with (new / f"{name}.json").open("w", encoding="utf-8") as file:
            json.dump(wrapped, file, default=persistence._json_default)
    (new / MARKER).write_text(json.dumps({"saved_at": time.time()}), encoding="utf-8")
    shutil.rmtree(old, ignore_errors=True)
    if state.exists():
        state.rename(old)
    new.rename(state)
    shutil.rmtree(old, ignore_errors=True)
    _prune_packages(_packages_in_use)


#: The functions' packages that the state being saved refers to, by digest.
_packages_in_use = set()


def _restore_queues(data):
    """Restored jobs that were being worked on are free again: nobody works on them now."""
    _restore_queues_inner(data)
    now = time.time()
    for _scope, queue in sqs._queues.all_items():
        for message in queue["messages"]:
            if message.get("receive_count", 0) > 0 and message.get("visible_at", 0) > now:
                message["visible_at"] = now


def _follow_parent():
    """End cleanly once standard input closes, that is when the starting process is gone."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


# --- functions -------------------------------------------------------------------------------


def _make_ready(name, _delay):
    """A function that was made or changed is ready now; Chalice would wait 5 s for it."""
    function = lambda_svc._functions.get(name)
    if function:
        function["config"].update(State="Active", LastUpdateStatus="Successful")


def _concurrency(*arguments):
    """How many jobs run at the same time: what was asked for, within this machine's means."""
    return min(_concurrency_inner(*arguments), max(4, os.cpu_count() or 1))


class _SharedCode(zipfile.ZipFile):
    """Unpacks a package once for all environments of its functions, compiled modules and all."""

    def extractall(self, path=None, members=None, pwd=None):
        digest = hashlib.sha256(Path(self.filename).read_bytes()).hexdigest()
        shared = Path(os.environ["TMPDIR"], f"code-{digest}")
        with _unpacking:
            if not shared.exists():
                unfinished = shared.with_suffix(".unfinished")
                shutil.rmtree(unfinished, ignore_errors=True)
                super().extractall(unfinished, members, pwd)
                unfinished.rename(shared)
        Path(path).rmdir()
        Path(path).symlink_to(shared)


_unpacking = threading.Lock()


# --- queues ----------------------------------------------------------------------------------


def _alone(function):
    """Keep threads apart that replace a queue's list of messages: one sent in between is lost."""

    @functools.wraps(function)
    def locked(*arguments, **named):
        with sqs._queues_lock:
            return function(*arguments, **named)

    return locked


def _keep_threads_apart():
    sqs._queues_lock = threading.RLock()
    for name in ("_collect_msgs", "_dlq_sweep", "_expire_retained", "_refresh_counts"):
        setattr(sqs, name, _alone(getattr(sqs, name)))
    for action, handler in sqs._HANDLERS.items():
        if not inspect.iscoroutinefunction(handler):
            sqs._HANDLERS[action] = _alone(handler)


# --- in place of ministack's own -------------------------------------------------------------

_control, gateway.handle_request = gateway.handle_request, _handle_control
_execute_inner, gateway._execute_in_scope = gateway._execute_in_scope, _execute
_invoke_authorizer_inner = gateway._invoke_authorizer_lambda
gateway._invoke_authorizer_lambda = _invoke_authorizer
_key_of_request_inner = gateway._api_key_from_request
gateway._api_key_from_request = _key_of_request
_action_inner, iam_actions.extract_iam_action = iam_actions.extract_iam_action, _action
_resource_inner, iam_actions.extract_resource_arn = iam_actions.extract_resource_arn, _resource
_condition_inner = iam_evaluator._resolve_condition_key
iam_evaluator._resolve_condition_key = _condition
application.save_all = _save_whole
_restore_queues_inner, sqs.load_persisted_state = sqs.load_persisted_state, _restore_queues
# Packages lie beside the state, and old ones go only once the new state is in place.
lambda_svc.CODE_BLOB_DIR = str(Path(persistence.STATE_DIR).with_name("packages"))
_prune_packages = lambda_svc._prune_orphan_code_blobs
lambda_svc._prune_orphan_code_blobs = _packages_in_use.update
lambda_svc._schedule_state_transition = _make_ready
_concurrency_inner = lambda_svc._sqs_esm_concurrency
lambda_svc._sqs_esm_concurrency = _concurrency
lambda_runtime.zipfile = types.SimpleNamespace(
    ZipFile=_SharedCode, BadZipFile=zipfile.BadZipFile, LargeFileError=zipfile.LargeZipFile
)
# After every call ministack waits 50 ms for a function that may have logged nothing.
lambda_runtime.Worker._drain_stderr_bounded.__defaults__ = (0.005, 0.002, 0.1)
_keep_threads_apart()
# Queues are stored under their URL: the port in it must stay when the port does not.
sqs.DEFAULT_PORT = "4566"
sqs._CANONICAL_NETLOC = f"{sqs.DEFAULT_HOST}:{sqs.DEFAULT_PORT}"

if __name__ == "__main__":
    threading.Thread(target=_follow_parent, daemon=True).start()
    application.main()
