/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* client.c: requests to the gateway's API over its Unix socket. */
#include "client.h"

#include <gio/gunixsocketaddress.h>
#include <libsoup/soup.h>
#include <stdio.h>

#define ANSWER_TIMEOUT_S 120
#define BEAT_TIMEOUT_S   60 /* a stream that says nothing for so long, not even its heartbeat, is dead */

/* "invalid: line 3: ..." out of a problem answer; the bare text when it is none */
static char *problem_text (const char *text, gsize len)
{
    g_autoptr (JsonParser) parser = json_parser_new ();

    if (!json_parser_load_from_data (parser, text, (gssize) len, NULL) || json_parser_get_root (parser) == NULL ||
        !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
        return g_strndup (text, len);
    JsonObject *object = json_node_get_object (json_parser_get_root (parser));
    return g_strdup (json_object_get_string_member_with_default (object, "detail", "no reason was given"));
}

char *cli_request (const Cli *cli, const char *method, const char *path, const char *content_type, const char *body,
                   int *code)
{
    g_autoptr (GSocketAddress) address = g_unix_socket_address_new (cli->socket);
    g_autoptr (SoupSession) session =
        soup_session_new_with_options ("remote-connectable", address, "timeout", ANSWER_TIMEOUT_S, NULL);
    g_autofree char *uri = g_strdup_printf ("http://metergate%s", path);
    g_autoptr (SoupMessage) message = soup_message_new (method, uri);
    g_autoptr (GError) error = NULL;

    if (body != NULL) {
        g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));
        soup_message_set_request_body_from_bytes (message, content_type, bytes);
    }
    g_autoptr (GBytes) answer = soup_session_send_and_read (session, message, NULL, &error);
    if (answer == NULL) {
        fprintf (stderr, "metergate: no gateway answers on %s: %s\n", cli->socket, error->message);
        *code = CLI_NO_GATEWAY;
        return NULL;
    }
    gsize len;
    const char *text = g_bytes_get_data (answer, &len);
    if (soup_message_get_status (message) >= 300) {
        g_autofree char *why = problem_text (text, len);
        fprintf (stderr, "metergate: %s\n", why);
        *code = CLI_FAILED;
        return NULL;
    }
    *code = CLI_OK;
    return g_strndup (text, len);
}

JsonNode *cli_request_json (const Cli *cli, const char *method, const char *path, int *code)
{
    g_autofree char *text = cli_request (cli, method, path, NULL, NULL, code);
    g_autoptr (GError) error = NULL;

    if (text == NULL)
        return NULL;
    if (cli->json) {
        puts (text);
        return NULL;
    }
    JsonNode *node = *text != '\0' ? json_from_string (text, &error) : NULL;
    if (node == NULL) {
        fprintf (stderr, "metergate: the gateway's answer makes no sense: %s\n",
                 error != NULL ? error->message : "it is empty");
        *code = CLI_FAILED;
    }
    return node;
}

/* One item a paragraph: "event: NAME", "data: TEXT". */
static int follow_items (GDataInputStream *lines, const char *event, CliFollow func, gpointer user_data)
{
    g_autofree char *name = NULL, *data = NULL;
    char *line;

    while ((line = g_data_input_stream_read_line (lines, NULL, NULL, NULL)) != NULL) {
        if (g_str_has_prefix (line, "event: ")) {
            g_free (name);
            name = g_strdup (line + strlen ("event: "));
        } else if (g_str_has_prefix (line, "data: ")) {
            g_free (data);
            data = g_strdup (line + strlen ("data: "));
        } else if (*line == '\0') {
            gboolean on = data == NULL || g_strcmp0 (name, event) != 0 || func (data, user_data);
            g_clear_pointer (&name, g_free);
            g_clear_pointer (&data, g_free);
            if (!on) {
                g_free (line);
                return CLI_OK;
            }
        }
        g_free (line);
    }
    fprintf (stderr, "metergate: the gateway ended the stream\n");
    return CLI_NO_GATEWAY;
}

int cli_follow (const Cli *cli, const char *path, const char *event, CliFollow func, gpointer user_data)
{
    g_autoptr (GSocketAddress) address = g_unix_socket_address_new (cli->socket);
    g_autoptr (SoupSession) session =
        soup_session_new_with_options ("remote-connectable", address, "timeout", BEAT_TIMEOUT_S, NULL);
    g_autofree char *uri = g_strdup_printf ("http://metergate%s", path);
    g_autoptr (SoupMessage) message = soup_message_new ("GET", uri);
    g_autoptr (GError) error = NULL;
    g_autoptr (GInputStream) stream = soup_session_send (session, message, NULL, &error);

    if (stream == NULL) {
        fprintf (stderr, "metergate: no gateway answers on %s: %s\n", cli->socket, error->message);
        return CLI_NO_GATEWAY;
    }
    if (soup_message_get_status (message) != 200) {
        fprintf (stderr, "metergate: the gateway refuses the stream: %u\n", soup_message_get_status (message));
        return CLI_FAILED;
    }
    g_autoptr (GDataInputStream) lines = g_data_input_stream_new (stream);
    return follow_items (lines, event, func, user_data);
}

int cli_usage (const char *text)
{
    fprintf (stderr, "usage: metergate %s\n", text);
    return CLI_USAGE;
}

const char *cli_text (JsonObject *object, const char *member)
{
    return json_object_get_string_member_with_default (object, member, "");
}

gint64 cli_number (JsonObject *object, const char *member)
{
    return json_object_get_int_member_with_default (object, member, 0);
}
