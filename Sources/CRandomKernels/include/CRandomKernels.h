int crandom_placeholder(void);
