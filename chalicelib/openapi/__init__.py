"""The description of the API: for programs as OpenAPI 3.1, for people as a page.

    schemas     what answers and bodies look like, as JSON Schemas
    responses   which answers there are: status, headers, kinds of content
    endpoints   the table of all public endpoints
    document    the table as an OpenAPI document
    page        the table as a web page
    serving     both, as they are asked for

Parameters are described by the declarations that requests are read by (``parameters``), roles by
``abilities``. Nothing here is loaded but by a request for the description.
"""
