#if !__has_include(<curl/curl.h>)
#error "libcurl is missing: apt install libcurl4-openssl-dev (make setup installs all that the package needs)"
#endif

/* curl_easy_setopt and curl_easy_getinfo take variable arguments, which Swift cannot call: one typed function a kind. */
#include <curl/curl.h>

static inline CURLcode shim_curl_set_long(CURL *curl, CURLoption option, long value) {
  return curl_easy_setopt(curl, option, value);
}

static inline CURLcode shim_curl_set_offset(CURL *curl, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(curl, option, value);
}

static inline CURLcode shim_curl_set_string(CURL *curl, CURLoption option, const char *value) {
  return curl_easy_setopt(curl, option, value);
}

static inline CURLcode shim_curl_set_pointer(CURL *curl, CURLoption option, void *value) {
  return curl_easy_setopt(curl, option, value);
}

static inline CURLcode shim_curl_set_write(CURL *curl, size_t (*write)(char *, size_t, size_t, void *)) {
  return curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, write);
}

static inline CURLcode shim_curl_set_progress(
    CURL *curl, int (*progress)(void *, curl_off_t, curl_off_t, curl_off_t, curl_off_t)) {
  return curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, progress);
}

/* Web and local files only; a redirection never leads from the web to a local file. Older than 7.85 (Ubuntu 22.04),
   libcurl knows the numeric options alone. */
static inline CURLcode shim_curl_restrict_protocols(CURL *curl) {
#if LIBCURL_VERSION_NUM >= 0x075500
  CURLcode first = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https,file");
  return first != CURLE_OK ? first : curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
  CURLcode first = curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS | CURLPROTO_FILE));
  return first != CURLE_OK
             ? first
             : curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static inline long shim_curl_response(CURL *curl) {
  long code = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
  return code;
}

static inline CURLcode shim_curl_start(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }
