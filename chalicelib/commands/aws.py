"""What AWS may answer to an operator, in words, and waking the schedule."""

import re

from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from chalicelib import queues, settings
from chalicelib.commands.output import warn

#: All that AWS, or the way to it, can do wrong.
AWS_ERRORS: tuple[type[Exception], ...] = (BotoCoreError, ClientError, PynamoDBException)

_NO_CREDENTIALS = (
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.CredentialRetrievalError,
    exceptions.NoAuthTokenError,
)
_NO_CONNECTION = (exceptions.HTTPClientError, exceptions.ConnectionError)
_MISSING = re.compile(r"ResourceNotFound|NonExistentQueue|QueueDoesNotExist|NoSuchBucket")
_FORBIDDEN = re.compile(r"AccessDenied|UnauthorizedOperation|Forbidden|NotAuthorized")
_NOT_SIGNED_IN = re.compile(
    r"ExpiredToken|InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId"
    r"|SignatureDoesNotMatch|InvalidSignature|RequestExpired|InvalidToken|AuthFailure"
)
_TOO_FAST = re.compile(r"Throttl|TooManyRequests|ProvisionedThroughput|RequestLimit|SlowDown")


def explain(error: Exception) -> str:
    """What went wrong and what to do about it."""
    cause = getattr(error, "cause", None) or error
    if isinstance(cause, ClientError):
        return _explain_answer(cause)
    if isinstance(cause, _NO_CREDENTIALS):
        return (
            "No AWS credentials were found. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
            f"AWS_SECRET_ACCESS_KEY ({cause})."
        )
    if isinstance(cause, exceptions.NoRegionError):
        return "No AWS region is set. Set AWS_DEFAULT_REGION, for example to us-east-1."
    if isinstance(cause, exceptions.ProfileNotFound):
        return f"{cause}. Set AWS_PROFILE to a profile of ~/.aws/config."
    if isinstance(cause, _NO_CONNECTION):
        return (
            f"AWS cannot be reached: {cause} Check the network, the region, and AWS_ENDPOINT_URL "
            "if it is set (is that cloud running?)."
        )
    return f"AWS: {cause}"


def wake_schedule() -> bool:
    """Run the schedule now; whether it could be woken. If not, says so and goes on."""
    try:
        queues.wake_schedule()
    except AWS_ERRORS as error:
        warn(
            "The schedule could not be woken, so it begins at its next turn, within 15 minutes. "
            f"The reason: {explain(error)}"
        )
        return False
    return True


def _explain_answer(error: ClientError) -> str:
    code = str(error.response.get("Error", {}).get("Code", ""))
    message = str(error.response.get("Error", {}).get("Message", "") or code)
    stack = settings.load().stack
    if _MISSING.search(code):
        stage = stack.removeprefix("lagotto-")
        return (
            f"The stack {stack} is not, or not wholly, in this account and region ({message}). "
            f"Deploy it with `make deploy STAGE={stage}`, or name another one with --stage."
        )
    if _FORBIDDEN.search(code):
        return f"AWS does not allow this to you: {message}"
    if _NOT_SIGNED_IN.search(code):
        return f"AWS does not accept the credentials: {message} Sign in again."
    if _TOO_FAST.search(code):
        return f"AWS is busy: {message} Try again in a minute."
    return f"AWS refused {error.operation_name}: {message} ({code})"
