"""Models as plugins and programs of audio hosts, over one C core."""

from exporters.hosts.bela import BELA
from exporters.hosts.board import BOARD
from exporters.hosts.cpp import CPP
from exporters.hosts.csound import CSOUND
from exporters.hosts.faust import FAUST
from exporters.hosts.host import Host
from exporters.hosts.pd import PD
from exporters.hosts.pd_object import PD_OBJECT
from exporters.hosts.supercollider import SUPERCOLLIDER
from exporters.hosts.wasm import WASM

HOSTS: dict[str, Host] = {
    host.name: host for host in (CPP, BELA, PD, PD_OBJECT, SUPERCOLLIDER, CSOUND, FAUST, WASM, BOARD)
}

__all__ = ["HOSTS", "Host"]
