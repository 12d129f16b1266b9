"Packaging for a package whose metadata live in `settings.ini`."
import re
from configparser import ConfigParser
from pathlib import Path
from setuptools import find_packages, setup

ini = ConfigParser(delimiters=["="])
ini.read(Path(__file__).with_name("settings.ini"), encoding="utf-8")
cfg = ini["DEFAULT"]
owned = cfg["user"] != cfg["placeholder"]  # an owner of the repository is named: links may point there
docs = cfg["doc_host"] + cfg["doc_baseurl"]
readme = Path(__file__).with_name("README.md").read_text(encoding="utf-8")
if owned:  # a package index shows the picture and follows the links only if they are absolute
    readme = re.sub(r"(!\[[^]]*\])\((nbs/[^)]+)\)", rf"\1({cfg['git_url']}/raw/{cfg['branch']}/\2)", readme)
    readme = re.sub(r"\]\((nbs/[^)]+)\)", rf"]({cfg['git_url']}/blob/{cfg['branch']}/\1)", readme)
else:  # and there is no address yet: no picture, and the links' words alone
    readme = re.sub(r"!\[[^]]*\]\(nbs/[^)]+\)\s*", "", readme)
    readme = re.sub(r"\[([^]]*)\]\(nbs/[^)]+\)", r"\1", readme)
setup(
    name=cfg["lib_name"],
    version=cfg["version"],
    description=cfg["description"],
    long_description=readme,
    long_description_content_type="text/markdown",
    author=cfg["author"],
    license_expression="Apache-2.0",
    license_files=["LICENSE"],
    url=cfg["git_url"] if owned else None,
    project_urls={"Documentation": docs, "Issues": cfg["git_url"] + "/issues"} if owned else {},
    keywords=cfg["keywords"].split(),
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: OS Independent",
        *(f"Programming Language :: Python :: 3.{minor}" for minor in (10, 11, 12, 13)),
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Typing :: Typed",
    ],
    python_requires=">=" + cfg["min_python"],
    packages=find_packages(include=[cfg["lib_path"], cfg["lib_path"] + ".*"]),
    package_data={cfg["lib_path"]: ["py.typed"]},
    install_requires=cfg["requirements"].split(),
    extras_require={extra: cfg[f"{extra}_requirements"].split() for extra in ("experiments", "dev", "bench")},
    entry_points={
        "nbdev": [f"{cfg['lib_path']}={cfg['lib_path']}._modidx:d"],
        "console_scripts": cfg["console_scripts"].split(),
    },
    zip_safe=False,
)
