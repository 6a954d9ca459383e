"""Deploys the application into a running embedded cloud and fills it with the contract's data.

    python -m tests.gateway.fill HOME PORT      # leaves the API's id in HOME/api-id

A process of its own, as deploying and filling set the environment of the whole process, which
in that of the tests names a fake AWS. The contact is no mail address: so nobody is asked about
the works, and the deployment makes no account, of which the contract has three.
"""

import datetime as dt
import sys
from pathlib import Path

from infra.local.cloud import Cloud
from infra.local.installation import STACK, Installation
from infra.local.run import MINISTACK

#: Keys of uma's for the tests of limits, each of which uses one up.
SPARE_KEYS = ("kburst", "kquota")


def main(home: Path, port: int) -> None:
    """Deploy and fill."""
    cloud = Cloud(home, MINISTACK, port)
    installation = Installation(cloud, home, "nobody", site_url="http://localhost")
    installation.enter_environment()
    api_id = installation.deploy_if_changed()
    _fill()
    (home / "api-id").write_text(api_id, encoding="ascii")


def _fill() -> None:
    # They read the environment that was entered above.
    from chalicelib import snapshot
    from chalicelib.store import accounts, gateway_keys, keys
    from tests import contract
    from tests.visiting import NOW

    contract.fill()
    snapshot.take(dt.datetime.now(dt.UTC))  # as every hour
    made = contract.let_in()
    uma = accounts.find("uma")
    made += [keys.create("uma", "user", NOW, key=key, account=uma)[1] for key in SPARE_KEYS]
    for key in made:
        gateway_keys.create_gateway_key(STACK, key.hash, key.owner)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
