#!/usr/bin/python3
"""Runs a program until it ends or our input does, so that nothing is left behind when a test run is cut short. keep.py PROGRAM [ARGUMENT...]"""
import os
import subprocess
import sys
import threading

program = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)


def end_with_input():
    sys.stdin.buffer.read()
    program.terminate()


threading.Thread(target=end_with_input, daemon=True).start()
code = program.wait()
# Not sys.exit: the thread may hold the input.
os._exit(code if code >= 0 else 0)
