/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decode.c: `metergate decode`: lines of hex in, lines of JSON out. */
#include "cli.h"

#include <cli/decode-json.h>
#include <errno.h>
#include <host/mgh-host.h>
#include <host/mgh-readout.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* No telegram is longer; what is on such a line is not read into memory. */
#define LINE_MAX_BYTES (1u << 20)

typedef struct {
    const MgDriverOps *ops;
    MgCall *call;
    GString *json;
    GByteArray *frame;
    gint access;
    char *code; /* of the failed step; NULL: none */
    gboolean wrong;
} Decoder;

static void decoder_step (gpointer owner, MgStep outcome, const char *code, const char *text)
{
    Decoder *decoder = owner;

    if (outcome == MG_STEP_FAILED) {
        g_free (decoder->code);
        decoder->code = g_strdup (code);
    } else if (g_strcmp0 (code, "access") == 0) {
        decoder->access = (gint) g_ascii_strtoull (text, NULL, 10);
    }
}

/* For drivers that do not name their fault. */
static const char *code_of (const GError *error)
{
    if (error->domain == MG_ERROR && error->code == MG_ERROR_AUTH)
        return "key-missing";
    return error->domain == MG_ERROR && error->code == MG_ERROR_REFUSED ? "application" : "truncated";
}

static void decoder_print (Decoder *decoder, CliTelegram *telegram)
{
    decoder->wrong |= telegram->error_code != NULL;
    g_string_truncate (decoder->json, 0);
    cli_decode_json (decoder->json, telegram);
    fwrite (decoder->json->str, 1, decoder->json->len, stdout);
}

static void decoder_run (Decoder *decoder, guint64 line)
{
    g_autoptr (MgReadout) readout = mg_readout_new (NULL);
    g_autoptr (GError) error = NULL;
    CliTelegram telegram = { .line = line };
    const GError *fault;
    gboolean good;

    decoder->access = -1;
    g_clear_pointer (&decoder->code, g_free);
    good = decoder->ops->decode (NULL, decoder->frame->data, decoder->frame->len, decoder->call, readout, &error);
    mgh_readout_finish (readout);
    fault = good ? mgh_readout_get_error (readout) : error;
    telegram.readout = good ? readout : NULL;
    telegram.access = decoder->access;
    if (fault != NULL) {
        telegram.error_code = decoder->code != NULL ? decoder->code : code_of (fault);
        telegram.error_message = fault->message;
    } else if (!good) {
        telegram.error_code = "truncated";
        telegram.error_message = "the driver failed without saying why";
    }
    decoder_print (decoder, &telegram);
}

/* Hex with blanks anywhere, a remark behind '#'. Returns NULL, or what is wrong. */
static char *parse_hex (const GString *line, GByteArray *frame)
{
    guint8 byte = 0;
    guint digits = 0;

    g_byte_array_set_size (frame, 0);
    for (gsize i = 0; i < line->len && line->str[i] != '#'; i++) {
        guchar c = (guchar) line->str[i];

        if (g_ascii_isspace (c))
            continue;
        if (!g_ascii_isxdigit (c))
            return g_strdup_printf (c >= 0x20 && c < 0x7F ? "column %u: '%c' is no hex digit"
                                                          : "column %u: byte %02X is no hex digit",
                                    (guint) i + 1, c);
        byte = (guint8) (byte << 4 | g_ascii_xdigit_value ((char) c));
        if (++digits % 2 == 0)
            g_byte_array_append (frame, &byte, 1);
    }
    return digits % 2 == 0 ? NULL : g_strdup_printf ("%u hex digits, expected an even number", digits);
}

static void decoder_line (Decoder *decoder, const GString *line, gboolean too_long, guint64 number)
{
    g_autofree char *wrong =
        too_long ? g_strdup_printf ("line is longer than %u bytes", LINE_MAX_BYTES) : parse_hex (line, decoder->frame);

    if (wrong != NULL)
        decoder_print (decoder, &(CliTelegram){ .line = number, .error_code = "hex", .error_message = wrong });
    else if (decoder->frame->len > 0)
        decoder_run (decoder, number);
}

static void decoder_file (Decoder *decoder, FILE *file)
{
    g_autoptr (GString) line = g_string_new (NULL);
    gboolean too_long = FALSE, live = file == stdin;
    guint64 number = 1;
    int c;

    while ((c = getc_unlocked (file)) != EOF) {
        if (c != '\n') {
            too_long |= line->len >= LINE_MAX_BYTES;
            if (!too_long)
                g_string_append_c (line, (char) c);
            continue;
        }
        decoder_line (decoder, line, too_long, number++);
        g_string_truncate (line, 0);
        too_long = FALSE;
        if (live)
            fflush (stdout);
    }
    if (line->len > 0)
        decoder_line (decoder, line, too_long, number);
}

static int decode_stream (const MgDriverOps *ops, const char *name)
{
    static const MghCallOps call_ops = { .struct_size = sizeof call_ops, .step = decoder_step };
    FILE *file = g_str_equal (name, "-") ? stdin : fopen (name, "re");
    Decoder decoder = { .ops = ops };
    MghCallInfo info = {
        .struct_size = sizeof info, .ops = &call_ops, .owner = &decoder, .attempt = 1, .actor = "decode"
    };
    gboolean failed;

    if (file == NULL) {
        fprintf (stderr, "metergate decode: %s: %s\n", name, g_strerror (errno));
        return CLI_USAGE;
    }
    decoder.call = mgh_call_new (&info);
    decoder.json = g_string_sized_new (8192);
    decoder.frame = g_byte_array_new ();
    decoder_file (&decoder, file);
    failed = ferror (file) != 0 || fflush (stdout) != 0;
    if (failed)
        fprintf (stderr, "metergate decode: %s: %s\n", name, g_strerror (errno));
    if (file != stdin)
        fclose (file);
    mgh_call_free (decoder.call);
    g_string_free (decoder.json, TRUE);
    g_byte_array_unref (decoder.frame);
    g_free (decoder.code);
    return decoder.wrong || failed ? CLI_FAILED : CLI_OK;
}

int cli_decode (int argc, char **argv)
{
    g_autofree char *protocol = NULL, *plugin_dir = NULL;
    const GOptionEntry entries[] = {
        { "protocol", 'p', 0, G_OPTION_ARG_STRING, &protocol, "Protocol of the telegrams: mbus", "NAME" },
        { "plugin-dir", 0, 0, G_OPTION_ARG_FILENAME, &plugin_dir, "Where the plugin files are", "DIR" },
        { NULL },
    };
    g_autoptr (GOptionContext) context = g_option_context_new ("FILE|- - telegrams in hex to readings in JSON");
    g_autoptr (GError) error = NULL;
    const MgDriverOps *ops;

    g_option_context_add_main_entries (context, entries, NULL);
    if (!g_option_context_parse (context, &argc, &argv, &error)) {
        fprintf (stderr, "metergate decode: %s\n", error->message);
        return CLI_USAGE;
    }
    if (protocol == NULL || argc != 2) {
        fprintf (stderr, "usage: metergate decode --protocol NAME [--plugin-dir DIR] FILE|-\n");
        return CLI_USAGE;
    }
    ops = cli_open_driver (protocol, plugin_dir, &error);
    if (ops == NULL) {
        fprintf (stderr, "metergate decode: %s\n", error->message);
        return CLI_USAGE;
    }
    return decode_stream (ops, argv[1]);
}
