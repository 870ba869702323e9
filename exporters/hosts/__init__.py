"""Models as plugins and programs of audio hosts, over one C core."""

from exporters.hosts.bela import BELA
from exporters.hosts.cpp import CPP
from exporters.hosts.csound import CSOUND
from exporters.hosts.host import Host
from exporters.hosts.pd import PD
from exporters.hosts.supercollider import SUPERCOLLIDER

HOSTS: dict[str, Host] = {host.name: host for host in (CPP, BELA, PD, SUPERCOLLIDER, CSOUND)}

__all__ = ["HOSTS", "Host"]
