"""The asyncio client; `ashad_client._sync` is generated from it by tools/unasync.py.

client     the client: its loop over trials, and its end
study_api  the calls about studies
table_api  a study as a table or a picture
trial      a trial as the training code sees it
"""
