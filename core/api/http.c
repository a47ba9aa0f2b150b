/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* http.c: the one file that knows libsoup. */
#include "answer.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <libsoup/soup.h>

#define READER_THREADS 2
#define HTTP_GONE      "metergate-gone" /* set on a message whose client did not wait for the answer */
#define BODY_MAX_BYTES (16 * 1024 * 1024)

void http_finish (Request *request)
{
    SoupServerMessage *message = request->message;
    SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

    soup_server_message_set_status (message, request->status, NULL);
    soup_message_headers_replace (headers, "Cache-Control", "no-store");
    if (request->etag != 0) {
        g_autofree char *etag = g_strdup_printf ("\"%" G_GINT64_FORMAT "\"", request->etag);
        soup_message_headers_replace (headers, "ETag", etag);
    }
    if (request->text != NULL)
        soup_server_message_set_response (message, request->content_type, SOUP_MEMORY_TAKE, request->text,
                                          strlen (request->text));
    else
        soup_message_headers_replace (headers, "Connection",
                                      "close"); /* libsoup does so after 204, and does not say it */
    request->text = NULL;
    if (g_object_get_data (G_OBJECT (message), HTTP_GONE) == NULL)
        soup_server_message_unpause (message);
    g_object_unref (message);
}

/* What still comes is read and dropped. */
static void http_refuse_body (SoupServerMessage *message)
{
    SoupMessageBody *body = soup_server_message_get_request_body (message);

    soup_message_body_set_accumulate (body, FALSE);
    soup_message_body_truncate (body);
    soup_server_message_set_status (message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, NULL);
}

static void http_got_headers (SoupServerMessage *message, gpointer data)
{
    SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);

    soup_message_headers_remove (headers, "Range");
    if (soup_message_headers_get_content_length (headers) > BODY_MAX_BYTES)
        http_refuse_body (message);
}

/* a body in chunks does not say before how long it is */
static void http_got_chunk (SoupServerMessage *message, GBytes *chunk, gpointer data)
{
    if (soup_server_message_get_request_body (message)->length > BODY_MAX_BYTES)
        http_refuse_body (message);
}

static void http_gone (SoupServerMessage *message, gpointer data)
{
    g_object_set_data (G_OBJECT (message), HTTP_GONE, GINT_TO_POINTER (TRUE));
}

static void http_started (SoupServer *server, SoupServerMessage *message, gpointer data)
{
    g_signal_connect (message, "got-headers", G_CALLBACK (http_got_headers), NULL);
    g_signal_connect (message, "got-chunk", G_CALLBACK (http_got_chunk), NULL);
    g_signal_connect (message, "finished", G_CALLBACK (http_gone), NULL);
    g_signal_connect (message, "disconnected", G_CALLBACK (http_gone), NULL);
}

static void http_request (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
                          gpointer data)
{
    SoupMessageBody *body = soup_server_message_get_request_body (message);
    g_autoptr (GBytes) bytes = soup_message_body_flatten (body);
    Request request = { .api = data, .message = g_object_ref (message), .query = query };

    request.if_match = soup_message_headers_get_one (soup_server_message_get_request_headers (message), "If-Match");
    request.body = g_bytes_get_data (bytes, &request.body_len);
    soup_server_message_pause (message);
    route_request (&request, soup_server_message_get_method (message),
                   g_uri_get_path (soup_server_message_get_uri (message)));
    if (request.message != NULL)
        http_finish (&request);
}

/* A socket file that nobody listens on is left over from a process that was killed. */
static gboolean http_clear_path (const char *path, GError **error)
{
    g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
    g_autoptr (GSocketClient) client = g_socket_client_new ();

    if (strlen (path) > 107) {
        g_set_error (error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG, "socket \"%s\": longer than 107 bytes", path);
        return FALSE;
    }
    if (!g_file_test (path, G_FILE_TEST_EXISTS))
        return TRUE;
    g_autoptr (GSocketConnection) taken = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, NULL);
    if (taken != NULL) {
        g_set_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE, "socket \"%s\": another gateway listens on it",
                     path);
        return FALSE;
    }
    g_unlink (path);
    return TRUE;
}

Api *api_new (const ApiRooms *rooms, const char *socket_path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname (socket_path);
    g_autoptr (GSocketAddress) address = g_unix_socket_address_new (socket_path);

    g_mkdir_with_parents (folder, 0750);
    if (!http_clear_path (socket_path, error))
        return NULL;
    g_autoptr (SoupServer) server = soup_server_new ("server-header", "metergate", NULL);
    if (!soup_server_listen (server, address, 0, error)) {
        g_prefix_error (error, "socket \"%s\": ", socket_path);
        return NULL;
    }
    g_chmod (socket_path, 0660);
    Api *api = g_new0 (Api, 1);
    api->rooms = *rooms;
    api->rooms.config = config_ref (rooms->config);
    api->socket_path = g_strdup (socket_path);
    api->started_us = g_get_monotonic_time ();
    api->readers = g_thread_pool_new (reader_run, NULL, READER_THREADS, FALSE, NULL);
    api->server = g_steal_pointer (&server);
    g_signal_connect (api->server, "request-started", G_CALLBACK (http_started), NULL);
    soup_server_add_handler (api->server, "/", http_request, api, NULL);
    return api;
}

void api_set_config (Api *api, Config *config)
{
    config_ref (config);
    config_unref (api->rooms.config);
    api->rooms.config = config;
}

void api_free (Api *api)
{
    g_thread_pool_free (api->readers, FALSE, TRUE);
    soup_server_disconnect (api->server);
    g_object_unref (api->server);
    g_unlink (api->socket_path);
    config_unref (api->rooms.config);
    g_free (api->socket_path);
    g_free (api);
}
