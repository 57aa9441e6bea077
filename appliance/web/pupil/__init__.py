"""The pupil's side of the web: pages and questions of browsers that are devices. Nobody signs in here."""

from flask import Blueprint, Flask

from appliance.bootstrap import Services
from appliance.config import Config
from appliance.web.pupil.pages import add_pages
from appliance.web.pupil.policy import add_policy


def register_pupil(app: Flask, config: Config, services: Services) -> None:
    pages = Blueprint("pupil", __name__)
    add_policy(app, pages, config)
    add_pages(pages, services)
    app.register_blueprint(pages)
