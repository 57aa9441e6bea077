"""The pupil's side of the web: pages and questions of browsers that are devices. Nobody signs in here."""

from flask import Blueprint, Flask

from appliance.bootstrap import Services
from appliance.config import Config
from appliance.web.device_auth import DeviceAuth
from appliance.web.pupil.api import add_device_questions, add_joining
from appliance.web.pupil.installing import add_installing
from appliance.web.pupil.pages import add_pages
from appliance.web.pupil.policy import add_policy


def register_pupil(app: Flask, config: Config, services: Services, auth: DeviceAuth) -> None:
    pages, api = Blueprint("pupil", __name__), Blueprint("pupil_api", __name__)
    add_policy(app, pages, config)
    add_pages(pages, services)
    add_joining(pages, services)
    add_installing(pages)
    add_device_questions(api, services, auth)
    app.register_blueprint(pages)
    app.register_blueprint(api)
