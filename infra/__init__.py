"""How the system is deployed and run; none of this goes into the deployment package.

template.json   the stack: tables, queues, bucket, alarm
stack           brings the stack up or up to date
policies        what each function may do, as IAM policy documents
stages          the stage's part of .chalice/config.json and its policy files
people          what people need to sign in: a secret, an address for mails, an admin
gateway         API keys, usage plans and the gateway's own answers
hook            what plain `chalice deploy` needs of us, installed by app.py
deploy          all of it in order: `make deploy STAGE=prod`
local/          the same on one machine without an account: `make run`
"""

#: The name of the Chalice app; `APP-STAGE` names the stack, and starts every name in it.
APP = "lagotto"


def stack_name(stage: str) -> str:
    """``lagotto-STAGE``, the name of the stage's stack."""
    return f"{APP}-{stage}"
