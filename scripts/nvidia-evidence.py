#!/usr/bin/env python3
"""Evidence of NVIDIA's GPUs in confidential mode, for `aci-worker --gpu-evidence`.

    nvidia-evidence.py NONCE FOLDER

NONCE is 64 hexadecimal digits. For GPU number N this writes FOLDER/N.report, the report that the GPU
signs with the nonce, and FOLDER/N.pem, the chain of its key. It asks NVIDIA's management library,
which comes with the driver.

It has not met a GPU in confidential mode; the sizes are those of the library's header.
"""

import ctypes
import pathlib
import sys

REPORT_SIZE = 0x2000
CEC_REPORT_SIZE = 0x1000
CHAIN_SIZE = 0x1000
ATTESTATION_CHAIN_SIZE = 0x1400


class Report(ctypes.Structure):
    _fields_ = [
        ("is_cec_report_present", ctypes.c_uint),
        ("report_size", ctypes.c_uint),
        ("cec_report_size", ctypes.c_uint),
        ("nonce", ctypes.c_ubyte * 32),
        ("report", ctypes.c_ubyte * REPORT_SIZE),
        ("cec_report", ctypes.c_ubyte * CEC_REPORT_SIZE),
    ]


class Chains(ctypes.Structure):
    _fields_ = [
        ("chain_size", ctypes.c_uint),
        ("attestation_chain_size", ctypes.c_uint),
        ("chain", ctypes.c_ubyte * CHAIN_SIZE),
        ("attestation_chain", ctypes.c_ubyte * ATTESTATION_CHAIN_SIZE),
    ]


def ask(library, name, *arguments):
    code = getattr(library, name)(*arguments)
    if code != 0:
        library.nvmlErrorString.restype = ctypes.c_char_p
        sys.exit(f"{name}: {library.nvmlErrorString(code).decode()}")


def main():
    if len(sys.argv) != 3 or len(sys.argv[1]) != 64:
        sys.exit(__doc__)
    nonce, folder = bytes.fromhex(sys.argv[1]), pathlib.Path(sys.argv[2])
    try:
        library = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError as error:
        sys.exit(f"NVIDIA's management library is missing ({error}): install the driver")
    ask(library, "nvmlInit_v2")
    count = ctypes.c_uint()
    ask(library, "nvmlDeviceGetCount_v2", ctypes.byref(count))
    for number in range(count.value):
        device = ctypes.c_void_p()
        ask(library, "nvmlDeviceGetHandleByIndex_v2", number, ctypes.byref(device))
        report = Report()
        report.nonce[:] = nonce
        name = "nvmlDeviceGetConfComputeGpuAttestationReport"
        ask(library, name, device, ctypes.byref(report))
        chains = Chains()
        name = "nvmlDeviceGetConfComputeGpuCertificate"
        ask(library, name, device, ctypes.byref(chains))
        signed = bytes(report.report[: report.report_size])
        chain = bytes(chains.attestation_chain[: chains.attestation_chain_size])
        (folder / f"{number}.report").write_bytes(signed)
        (folder / f"{number}.pem").write_bytes(chain)
    ask(library, "nvmlShutdown")


if __name__ == "__main__":
    main()
