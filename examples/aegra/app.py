"""The app that aegra.json names: aegra takes FastAPI alone, and brings it."""

from fastapi import FastAPI

from tpo.serving.engine.app import engine_app
from tpo.serving.engine.named import keyring, run_limit, served_models, settings

app = engine_app(settings, keyring, served_models, run_limit, kind=FastAPI)
