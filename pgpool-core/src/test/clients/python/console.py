"""The console with psycopg 2 and 3, which ask in simple queries if told so."""
import psycopg
import psycopg2

three = psycopg.connect("", autocommit=True, cursor_factory=psycopg.ClientCursor)
cursor = three.cursor()
cursor.execute("SHOW DATABASES")
names = [column.name for column in cursor.description]
print(names[0], cursor.fetchone()[0])
cursor.execute("RECONNECT")
print(cursor.statusmessage)
try:
    cursor.execute("NONSENSE")
except psycopg.Error as error:
    print(error.sqlstate)
cursor.execute("SHOW VERSION")
print(cursor.fetchone()[0])
three.close()

two = psycopg2.connect("")
two.autocommit = True
cursor = two.cursor()
cursor.execute("SHOW POOLS")
print(cursor.description[2].name, [row[1] for row in cursor.fetchall()])
two.close()
