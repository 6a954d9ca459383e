"""``make bench``: the budgets of the architecture, measured and printed beside each other.

Everything runs against the embedded cloud and our provider server, on loopback, in a
temporary folder; each measurement in a process and a cloud of its own.

units, meter     what DynamoDB bills a call; what this process's AWS clients used
crosscheck       whether the embedded cloud bills writes by that rule
bed, timeline    an empty installation; its queue in simulated time
invented         works and events from seeds
filling          works with numbers and events in an installation
asking           the functions of app.py, called as the gateway calls them
provider_calls   calls to providers per work refreshed
table_writes     write units per number refreshed
answers          table reads, bytes and CPU of answers of 1, 10 and 50 works
gateway          requests a second through the gateway of the embedded cloud
planning         what the schedule does per due shelf, as works grow
importing        works a second and memory of an import
cold_start       what an API request has to import
package          the size of what is deployed
cost             the bill that follows from all these
report           lines, verdicts, the table
"""
