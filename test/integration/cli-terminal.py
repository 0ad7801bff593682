"""Drives a program in a terminal of its own as a person would, and prints what stands on the screen."""
import os, pty, select, sys, time

pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
unread = b""


def until(text, seconds=30):
    global unread
    end = time.time() + seconds
    while text.encode() not in unread:
        piece = b""
        if select.select([terminal], [], [], max(0, end - time.time()))[0]:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                pass
        if not piece:
            print(f"waited in vain for {text!r}; there is {unread!r}")
            os.kill(pid, 9)
            os.waitpid(pid, 0)
            sys.exit(1)
        unread += piece
    at = unread.index(text.encode()) + len(text)
    sys.stdout.write(unread[:at].decode(errors="replace"))
    unread = unread[at:]


def type(text):
    os.write(terminal, text.encode())


PROMPT = "> "
until(PROMPT)
type("Get-Chil\t")
until("Get-ChildItem")
type("\x03")
until(PROMPT)
type("1+1\r")
until("2\r\n")
until(PROMPT)
type("if ($true) {\r")
until(">> ")
type("7*6 }\r")
until("42\r\n")
until(PROMPT)
type("$s = Read-Host -Prompt pw -AsSecureString; $s.Length\r")
until("pw: ")
type("hunter2\r")
until("7\r\n")
until(PROMPT)
type('"go"; while ($true) { }\r')
until("go\r\n")
type("\x03")
until(PROMPT)
type("exit\r")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
