/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* http.c: the one file that knows libsoup. */
#include "answer.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <sys/socket.h>

#define READER_THREADS      2
#define HTTP_GONE           "metergate-gone" /* set on a message whose client did not wait for the answer */
#define STREAM_SOCKET_BYTES (64 * 1024)
#define BODY_MAX_BYTES      (16 * 1024 * 1024)

void http_finish (Request *request)
{
    SoupServerMessage *message = request->message;
    SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

    soup_server_message_set_status (message, request->status, NULL);
    soup_message_headers_replace (headers, "Cache-Control", "no-store");
    /* libsoup before 3.6.5 never lets go of a connection that its peer closes between two requests */
    soup_message_headers_replace (headers, "Connection", "close");
    if (request->etag != 0) {
        g_autofree char *etag = g_strdup_printf ("\"%" G_GINT64_FORMAT "\"", request->etag);
        soup_message_headers_replace (headers, "ETag", etag);
    }
    if (request->text != NULL)
        soup_server_message_set_response (message, request->content_type, SOUP_MEMORY_TAKE, request->text,
                                          strlen (request->text));
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

const char *http_get_header (Request *request, const char *name)
{
    return soup_message_headers_get_one (soup_server_message_get_request_headers (request->message), name);
}

/* ---- answers without an end */

struct _HttpStream {
    SoupServerMessage *message;
    guint64 appended, sent;
    void (*closed) (gpointer data);
    gpointer data;
};

static void stream_wrote (SoupServerMessage *message, guint bytes, gpointer data)
{
    ((HttpStream *) data)->sent += bytes;
}

static void stream_finished (SoupServerMessage *message, gpointer data)
{
    HttpStream *stream = data;

    stream->closed (stream->data);
}

HttpStream *http_stream_new (Request *request, const char *content_type, void (*closed) (gpointer data), gpointer data)
{
    HttpStream *stream = g_new0 (HttpStream, 1);
    SoupServerMessage *message = g_steal_pointer (&request->message);
    SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
    GSocket *socket = soup_server_message_get_socket (message);

    stream->message = message;
    stream->closed = closed;
    stream->data = data;
    if (socket != NULL) /* else the kernel takes megabytes for a peer that reads nothing */
        g_socket_set_option (socket, SOL_SOCKET, SO_SNDBUF, STREAM_SOCKET_BYTES, NULL);
    soup_server_message_set_status (message, 200, NULL);
    soup_message_headers_replace (headers, "Cache-Control", "no-store");
    soup_message_headers_replace (headers, "Connection", "close");
    soup_message_headers_set_content_type (headers, content_type, NULL);
    soup_message_headers_set_encoding (headers, SOUP_ENCODING_CHUNKED);
    soup_message_body_set_accumulate (soup_server_message_get_response_body (message), FALSE);
    g_signal_connect (message, "wrote-body-data", G_CALLBACK (stream_wrote), stream);
    g_signal_connect (message, "finished", G_CALLBACK (stream_finished), stream);
    g_signal_connect (message, "disconnected", G_CALLBACK (stream_finished), stream);
    return stream;
}

void http_stream_append (HttpStream *stream, const char *text, gsize len)
{
    stream->appended += len;
    soup_message_body_append (soup_server_message_get_response_body (stream->message), SOUP_MEMORY_COPY, text, len);
    soup_server_message_unpause (stream->message);
}

guint64 http_stream_sent (HttpStream *stream)
{
    return stream->sent;
}

guint64 http_stream_queued (HttpStream *stream)
{
    return stream->appended - stream->sent;
}

void http_stream_drop (HttpStream *stream)
{
    GSocket *socket = soup_server_message_get_socket (stream->message);

    if (socket != NULL)
        g_socket_shutdown (socket, TRUE, TRUE, NULL);
    soup_server_message_unpause (stream->message);
}

void http_stream_free (HttpStream *stream)
{
    g_signal_handlers_disconnect_by_data (stream->message, stream);
    g_object_unref (stream->message);
    g_free (stream);
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
    api->finished = g_async_queue_new ();
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
    reader_drain (api);
    streams_free (api);
    while (g_source_remove_by_user_data (api))
        ;
    soup_server_disconnect (api->server);
    g_object_unref (api->server);
    g_unlink (api->socket_path);
    config_unref (api->rooms.config);
    g_async_queue_unref (api->finished);
    g_free (api->socket_path);
    g_free (api);
}
