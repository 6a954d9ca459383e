"""The whole system on one machine, without an account: ``make run``.

run            the command: cloud, deployment, sample works, collection, serving
installation   the system inside the cloud: deployed, filled, operated
internet       whether providers can be reached
cloud          starts and stops the embedded cloud and keeps its state
ministack_shim what runs inside the embedded cloud's own environment
front          a plain port on localhost in front of the deployed API
vendor         the deployment package's libraries, taken from this environment
progress       what is shown while works are collected
providers/     a server that answers in the shape of the providers
"""
