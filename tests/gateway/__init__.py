"""The deployed application, asked over HTTP through the gateway of the embedded cloud.

fill                    deploys it and puts the data of the contract into its tables, as a process
site                    asks it, byte by byte, and holds the gateway's limits
test_clients_gateway    what known clients send and read
test_contract_gateway   every item of the contract
test_limits_gateway     the usage plans hold, however a key comes
test_routes_gateway     the routes, and identifiers with slashes in any escaping
"""
