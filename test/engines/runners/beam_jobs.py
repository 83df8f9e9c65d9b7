"""Runs Beam jobs one after another: beam_jobs.py < list. The list has a line for each job: the path of a Python file. For each one comes a line of JSON on standard output: {"job", "seconds"}, and "error" where it
failed. Beam is loaded once; each job is a fork of this process and its own __main__, so that nothing of it is left for the next."""
import json, logging, os, runpy, sys, time, traceback
import apache_beam                                        # noqa: F401  what takes long

def run(job, pipe):
    logging.disable(logging.WARNING)
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 1)
    sys.argv = [job]
    try:
        runpy.run_path(job, run_name="__main__")
    except SystemExit as end:
        if end.code not in (None, 0): os.write(pipe, f"exit status {end.code}".encode())
    except BaseException as error:
        os.write(pipe, " <- ".join(" ".join(line.split()) for line in traceback.format_exception_only(error))[:500].encode())

def main():
    for line in sys.stdin:
        job, start = line.rstrip("\n"), time.time()
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            run(job, write)
            os._exit(0)
        os.close(write)
        error = b""
        while piece := os.read(read, 65536): error += piece
        os.close(read)
        _, status = os.waitpid(child, 0)
        answer = {"error": error.decode()} if error else {} if status == 0 else {"error": f"ended with status {status}"}
        print(json.dumps({"job": job, "seconds": round(time.time() - start, 1), **answer}), flush=True)

main()
