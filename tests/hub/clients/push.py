"""A folder to a hub, by an unmodified huggingface_hub: `push.py FOLDER OWNER/NAME` prints the commit."""

import sys

from huggingface_hub import HfApi

folder, repo = sys.argv[1:]
api = HfApi()
api.create_repo(repo, exist_ok=True)
print(api.upload_folder(repo_id=repo, folder_path=folder).oid)
