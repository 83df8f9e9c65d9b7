"""Runs Spark SQL scripts in one session, one after another: spark_jobs.py < list. The list has a line for each script: its path. For each one comes a line of JSON on standard output: {"job", "seconds"}, and
"error" where it failed. Views of one script are gone before the next one; what it SET stays, so each script sets what it needs."""
import json, os, re, sys, tempfile, time
os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
from pyspark.sql import SparkSession

# What may hold a semicolon that ends nothing.
TOKEN = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`]|``)*`|--[^\n]*|/\*.*?\*/|;""", re.S)

def statements(script):
    start = 0
    for token in TOKEN.finditer(script):
        if token.group() == ";":
            yield script[start:token.start()]
            start = token.end()
    yield script[start:]

def is_blank(text):
    return re.sub(r"--[^\n]*|/\*.*?\*/", "", text, flags=re.S).strip() == ""

def main():
    with tempfile.TemporaryDirectory() as house:
        spark = (SparkSession.builder.master("local[2]").config("spark.driver.memory", "1g").config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false")
                 .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1").config("spark.sql.warehouse.dir", house).getOrCreate())
        spark.sparkContext.setLogLevel("OFF")
        for line in sys.stdin:
            job, start, answer = line.rstrip("\n"), time.time(), {}
            try:
                for statement in statements(open(job, encoding="utf-8").read()):
                    if not is_blank(statement): spark.sql(statement)
            except Exception as error:
                answer["error"] = " ".join(str(error).split())[:500]
            for table in spark.catalog.listTables():
                if table.isTemporary: spark.catalog.dropTempView(table.name)
            print(json.dumps({"job": job, "seconds": round(time.time() - start, 1), **answer}), flush=True)
        spark.stop()

main()
