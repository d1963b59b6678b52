package ashad

// Traffic is what a test must know of a client to act in a bad moment.
type Traffic struct {
	Waiting         int // calls in the outbox
	Sending, Asking bool
}

// Traffic returns it.
func (c *Client) Traffic() Traffic {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Traffic{len(c.outbox), c.sending, c.asking}
}
