"""All that is kept. One module per noun, each with its access patterns at its top.

tables        the DynamoDB tables as pynamodb models
numbers       one (work, source): the compact text of an attribute
works         works: find, change
catalogue     works: add, delete
shelves       shelves: members, due times, when asked
lists         ordered lists with exact totals: by date, by source, by count
results       results: numbers, lists and events of a job, without losing any
evidence      raw answers and large event lists in S3
sources       installed sources: state, settings, secrets, pace, pauses
alerts        what a person should look at
keys          API keys, by hash
account_keys  those that an account has, here and in the gateway
requests      requests to the API, and how many there were by key and day

Nothing scans on a request path. Nothing above this package sees an item of DynamoDB.
"""
