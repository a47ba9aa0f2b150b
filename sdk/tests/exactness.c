/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* exactness.c: carries out operations on values that come in as lines, so that exactness.py can hold them to Python's
 * decimal. */
#include <metergate.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gsize bytes_of (const char *hex, guint8 *bytes)
{
    gsize n = strlen (hex) / 2;

    for (gsize i = 0; i < n; i++)
        bytes[i] = (guint8) (g_ascii_xdigit_value (hex[2 * i]) << 4 | g_ascii_xdigit_value (hex[2 * i + 1]));
    return n;
}

static void put_bytes (const guint8 *bytes, gsize n)
{
    for (gsize i = 0; i < n; i++)
        printf ("%02x", bytes[i]);
    putchar ('\n');
}

static void put_value (MgValue v)
{
    if (v.type == MG_VALUE_DECIMAL)
        printf ("%" G_GINT64_FORMAT " %d\n", v.v.number, v.exponent);
    else
        puts (v.type == MG_VALUE_BYTES && v.flags == MG_VALUE_UNFIT ? "unfit" : "odd");
}

static void put_result (gboolean good, MgValue v, GError *error)
{
    if (good && error == NULL)
        put_value (v);
    else
        puts (!good && g_error_matches (error, MG_ERROR, MG_ERROR_RANGE) ? "range" : "odd");
    g_clear_error (&error);
}

static MgValue decimal_of (char **words)
{
    return mg_value_decimal (g_ascii_strtoll (words[0], NULL, 10), atoi (words[1]));
}

static void from_bytes (char op, char **w)
{
    guint8 bytes[64];
    gsize n = bytes_of (w[0], bytes);
    guint32 layout = (guint32) atoi (w[1]);
    gint exponent = atoi (w[2]);

    if (op == 'i')
        put_value (mg_value_from_int (bytes, n, layout, exponent));
    else if (op == 'c')
        put_value (mg_value_from_bcd (bytes, n, layout, exponent));
    else
        put_value (mg_value_from_ieee (bytes, n, layout, exponent));
}

static void calculate (char op, char **w)
{
    MgValue a = decimal_of (w), b = { 0 }, out = { 0 };
    GError *error = NULL;
    gboolean good;

    if (op == 'r') {
        good = mg_value_rescale (a, atoi (w[2]), &out, &error);
        put_result (good, out, error);
        return;
    }
    b = decimal_of (w + 2);
    if (op == 'k') {
        printf ("%d\n", mg_value_compare (a, b));
        return;
    }
    if (op == 'a')
        good = mg_value_add (a, b, &out, &error);
    else if (op == 's')
        good = mg_value_subtract (a, b, &out, &error);
    else
        good = mg_value_multiply (a, b, &out, &error);
    put_result (good, out, error);
}

static void to_bytes (char op, char **w)
{
    guint8 bytes[8];
    gsize n = (gsize) atoi (w[3]);
    guint32 layout = (guint32) atoi (w[4]);

    if (op == 't' ? mg_value_to_int (decimal_of (w), atoi (w[2]), bytes, n, layout, NULL)
                  : mg_value_to_ieee (decimal_of (w), bytes, n, layout))
        put_bytes (bytes, n);
    else
        puts ("range");
}

static void text (char op, char **w)
{
    char buf[512];
    MgValue v = { 0 };
    GError *error = NULL;

    if (op == 'p') {
        gboolean good = mg_value_parse (w[0], -1, &v, &error);

        put_result (good, v, error);
    } else {
        mg_value_print (decimal_of (w), '.', buf, sizeof buf);
        puts (buf);
    }
}

int main (void)
{
    static char line[512], outgoing[1 << 16];

    setvbuf (stdout, outgoing, _IOFBF, sizeof outgoing);
    while (fgets (line, sizeof line, stdin) != NULL) {
        char *words[8] = { NULL }, *save = NULL;
        guint n = 0;

        for (char *w = strtok_r (line, " \n", &save); w != NULL && n < 7; w = strtok_r (NULL, " \n", &save))
            words[n++] = w;
        if (n == 0)
            continue;
        if (strchr ("icf", words[0][0]) != NULL)
            from_bytes (words[0][0], words + 1);
        else if (strchr ("tg", words[0][0]) != NULL)
            to_bytes (words[0][0], words + 1);
        else if (strchr ("pw", words[0][0]) != NULL)
            text (words[0][0], words + 1);
        else
            calculate (words[0][0], words + 1);
    }
    return 0;
}
