/* Frames between a program inside a Wine prefix and the lab: a kind, a length (32 bits, little endian), that many
   octets. Text is UTF-16 with a NUL after each string. */
#include <winsock2.h>
#include <windows.h>

#define LAB_VARIABLE L"=Lab" /* "port token"; a name that begins with "=" is not shown by `set` */

enum {
    LAUNCH = 'L',  /* to the lab: the token; from the lab: command line, directory, environment */
    STARTED = 'S', /* to the lab: the error of CreateProcess, 0 for none */
    TOOL = 'T',    /* to the lab: token, program, command line, directory, kind of stdin, environment */
    STDOUT = 'O',  /* from the lab: to be written to the standard output */
    STDERR = 'E',  /* from the lab: to be written to the standard error */
    STDIN = 'I',   /* from the lab: at most how many octets of the standard input it wants; to the lab: those */
    EXITED = 'X',  /* either way: the exit code */
};

struct frame {
    char kind;
    DWORD length;
    BYTE *data;
};

static int transfer_all(SOCKET lab, char *data, DWORD length, int sending)
{
    while (length > 0) {
        int done = sending ? send(lab, data, length, 0) : recv(lab, data, length, 0);
        if (done <= 0) return 0;
        data += done;
        length -= done;
    }
    return 1;
}

static int send_frame(SOCKET lab, char kind, const void *data, DWORD length)
{
    BYTE head[5] = {kind, length, length >> 8, length >> 16, length >> 24};
    return transfer_all(lab, (char *)head, 5, 1) && transfer_all(lab, (char *)data, length, 1);
}

static inline int send_number(SOCKET lab, char kind, DWORD number)
{
    BYTE data[4] = {number, number >> 8, number >> 16, number >> 24};
    return send_frame(lab, kind, data, 4);
}

/* False when the lab has gone. The data is the caller's to free. */
static int receive_frame(SOCKET lab, struct frame *frame)
{
    BYTE head[5];
    frame->data = NULL;
    if (!transfer_all(lab, (char *)head, 5, 0)) return 0;
    frame->kind = head[0];
    frame->length = head[1] | head[2] << 8 | head[3] << 16 | (DWORD)head[4] << 24;
    frame->data = HeapAlloc(GetProcessHeap(), 0, frame->length + 1);
    return transfer_all(lab, (char *)frame->data, frame->length, 0);
}

static inline DWORD number_of(const struct frame *frame)
{
    const BYTE *data = frame->data;
    return frame->length < 4 ? 0 : data[0] | data[1] << 8 | data[2] << 16 | (DWORD)data[3] << 24;
}

static SOCKET call_lab(USHORT port)
{
    WSADATA started;
    struct sockaddr_in address = {0};
    SOCKET lab;
    int at_once = 1;

    WSAStartup(MAKEWORD(2, 2), &started);
    lab = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(lab, IPPROTO_TCP, TCP_NODELAY, (char *)&at_once, sizeof at_once);
    if (connect(lab, (struct sockaddr *)&address, sizeof address)) return INVALID_SOCKET;
    SetHandleInformation((HANDLE)lab, HANDLE_FLAG_INHERIT, 0);
    return lab;
}
