"""Deploys the application into a running embedded cloud and fills it with the contract's data.

    python -m tests.gateway.fill HOME PORT      # leaves the API's id in HOME/api-id

A process of its own, as deploying and filling set the environment of the whole process, which
in that of the tests names a fake AWS. The contact is no mail address, so that nobody is asked
about the works. The deployment would make its account, was there not an admin already: the
contract's people come between the tables and the code.
"""

import datetime as dt
import sys
from pathlib import Path

from infra import stack
from infra.local.cloud import Cloud
from infra.local.installation import STACK, STAGE, Installation
from infra.local.run import MINISTACK

#: Keys of uma's for the tests of limits, each of which uses one up.
SPARE_KEYS = ("kburst", "kquota")


def main(home: Path, port: int) -> None:
    """Deploy and fill."""
    cloud = Cloud(home, MINISTACK, port)
    installation = Installation(cloud, home, "nobody", site_url="http://localhost")
    installation.enter_environment()
    # They read the environment that was just entered.
    from chalicelib import snapshot
    from chalicelib.store import accounts, gateway_keys, keys
    from tests import contract
    from tests.visiting import NOW

    visibility = str(installation.visibility_seconds)
    stack.ensure(STAGE, {"VisibilitySeconds": visibility, "Contact": installation.contact})
    made = contract.let_in()
    api_id = installation.deploy_if_changed()
    contract.fill()
    snapshot.take(dt.datetime.now(dt.UTC))  # as every hour
    uma = accounts.find("uma")
    made += [keys.create("uma", "user", NOW, key=key, account=uma)[1] for key in SPARE_KEYS]
    for key in made:
        gateway_keys.create_gateway_key(STACK, key.hash, key.owner)
    (home / "api-id").write_text(api_id, encoding="ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
