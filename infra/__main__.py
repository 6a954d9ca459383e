"""``python -m infra deploy --stage STAGE [--contact MAIL]``."""

import argparse
import sys

from botocore.exceptions import BotoCoreError, ClientError

from infra import deploy, stack


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m infra", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("deploy", help="bring a stage up or up to date")
    command.add_argument("--stage", required=True, help="its name: dev, prod, …")
    command.add_argument("--contact", help="mail address that providers are told; once is enough")
    options = parser.parse_args(arguments)
    try:
        url = deploy.deploy(options.stage, contact=options.contact or None)
    except (deploy.DeployError, stack.StackError, BotoCoreError, ClientError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(f"Deployed: {url}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
